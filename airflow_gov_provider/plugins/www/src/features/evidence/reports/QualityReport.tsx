import { useQuery } from "@tanstack/react-query";

import { ChoiceFilter, FilterBar, TextFilter } from "src/components/FilterFields";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { useFilters } from "src/components/useFilters";
import { checkHistory, type Evidence } from "src/features/evidence/queries";
import { bodyOf, findingsOf, number, record, text, texts } from "src/features/evidence/reading";
import { FindingsTable } from "src/features/evidence/reports/FindingsTable";
import { PutAside } from "src/features/evidence/reports/PutAside";
import { VERDICTS } from "src/features/evidence/words";

const FILTERS = ["check", "found"] as const;

/** What a data contract asked, and what the data answered. */
export function QualityReport({ evidence }: { readonly evidence: Evidence }) {
  const body = bodyOf(evidence.document);
  const history = useQuery(checkHistory(evidence));
  const { filters, change, clear, isFiltered } = useFilters(FILTERS);
  const [contract, source] = [record(body.contract), record(body.source)];
  const findings = findingsOf(body);
  const shown = findings.filter(
    ({ check, subject, kind, verdict }) =>
      (filters.found === undefined || verdict === filters.found) &&
      `${check} ${subject} ${kind}`.toLowerCase().includes((filters.check ?? "").toLowerCase()),
  );
  const rows = number(body.rows);
  const moment = text(record(body.occasion).logical_date);
  return (
    <>
      <Section level={3} title="What was measured">
        <Facts
          facts={[
            [
              "Contract",
              [text(contract.name) ?? text(contract.id), text(contract.version)].join(" "),
            ],
            ["Data", text(source.path) ?? text(source.table) ?? text(source.query)],
            ["Connection", text(source.conn_id)],
            ["Digest of the data", text(source.sha256)],
            ["Rows", rows?.toLocaleString("en")],
            ["Moment of the run", moment === undefined ? undefined : <When at={moment} />],
            ["Not judged here", texts(contract.outside).join("; ") || undefined],
          ]}
        />
      </Section>
      <Section
        about="Observed against expected, those that did not pass first. The line beside a check shows it over the last runs of this gate."
        level={3}
        title={`Checks (${String(findings.length)})`}
      >
        <FilterBar isFiltered={isFiltered} onClear={clear}>
          <TextFilter
            label="Check"
            onChange={(check) => {
              change({ check });
            }}
            value={filters.check}
          />
          <ChoiceFilter
            choices={VERDICTS}
            label="Verdict"
            onChange={(found) => {
              change({ found });
            }}
            value={filters.found}
          />
        </FilterBar>
        <FindingsTable findings={shown} history={history.data} label="Checks of the contract" />
      </Section>
      <PutAside body={body} />
    </>
  );
}
