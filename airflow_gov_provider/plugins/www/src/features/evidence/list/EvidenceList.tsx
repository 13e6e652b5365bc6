import { useInfiniteQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";

import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { LoadMore } from "src/components/LoadMore";
import { type Scope, taskFiltersOf } from "src/components/scope";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { Report } from "src/features/evidence/EvidenceReport";
import { FoundBadge } from "src/features/evidence/FoundBadge";
import { evidencePages, type EvidenceRow } from "src/features/evidence/queries";
import { evidencePath, kindText, withoutVerdict } from "src/features/evidence/words";

const column = createColumnHelper<EvidenceRow>();
const COLUMNS = [
  column.accessor("verdict", {
    cell: (info) => (
      <FoundBadge isIntact={info.getValue() !== "CHANGED"} verdict={info.getValue()} />
    ),
    header: "Verdict",
  }),
  column.accessor("summary", {
    cell: ({ row: { original } }) => (
      <To to={evidencePath(original.evidence_id)}>{withoutVerdict(original.summary)}</To>
    ),
    header: "Found",
  }),
  column.accessor("kind", { cell: (info) => kindText(info.getValue()), header: "Kind" }),
  column.accessor("subject", { header: "About" }),
  column.accessor("run_id", { header: "Run" }),
  column.accessor("try_number", { header: "Try" }),
  column.accessor("recorded_at", {
    cell: (info) => <When at={info.getValue()} />,
    header: "Recorded",
  }),
];

/** What a task recorded: of one task instance the newest report, and what it replaced. */
export function EvidenceList({ scope }: { readonly scope: Scope }) {
  const query = useInfiniteQuery(evidencePages(taskFiltersOf(scope)));
  const all = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const rows = all.filter(
    ({ map_index }) => scope.mapIndex === undefined || map_index === scope.mapIndex,
  );
  const [newest, ...others] = rows;
  const isOne = scope.runId !== undefined && new Set(rows.map((r) => r.map_index)).size === 1;
  const listed = isOne ? others : rows;
  return (
    <>
      <Faces
        empty={
          <Nothing title="This task has recorded no evidence">
            Gates, model cards, approvals and promotions record what they find when they run; other
            tasks record none.
          </Nothing>
        }
        isEmpty={() => rows.length === 0 && !query.hasNextPage}
        query={query}
        what="evidence"
      >
        {() => (
          <>
            {isOne && newest !== undefined && <Report evidenceId={newest.evidence_id} />}
            {listed.length > 0 && (
              <Section level={isOne ? 3 : 2} title={isOne ? "Replaced by it" : "Evidence"}>
                <DataTable
                  columns={COLUMNS}
                  label="Evidence"
                  rowId={({ evidence_id }) => evidence_id}
                  rows={listed}
                />
              </Section>
            )}
            {query.hasNextPage && (
              <LoadMore query={query} shown={rows.length} what="pieces of evidence" />
            )}
          </>
        )}
      </Faces>
    </>
  );
}
