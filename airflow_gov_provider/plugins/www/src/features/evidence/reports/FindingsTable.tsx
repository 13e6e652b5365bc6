import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { State, VerdictBadge, verdictTone } from "src/components/Badges";
import { Sparkline } from "src/components/charts/Sparkline";
import { DataTable } from "src/components/DataTable";
import { Nothing } from "src/components/Faces";
import type { CheckSeries, History } from "src/features/evidence/queries";
import { type Finding, valueText, words } from "src/features/evidence/reading";

const WORST_FIRST = ["FAILED", "INSUFFICIENT", "WARNED", "PASSED"];

interface Row extends Finding {
  readonly series: CheckSeries | undefined;
}

const column = createColumnHelper<Row>();
const COLUMNS = [
  column.accessor("verdict", {
    cell: ({ row: { original } }) => (
      <>
        <VerdictBadge verdict={original.verdict} />
        {original.severity === "warning" && <State tone="neutral">Warning only</State>}
      </>
    ),
    header: "Verdict",
  }),
  column.accessor("subject", {
    cell: ({ row: { original } }) => (
      <>
        <Text fontWeight="medium">{original.subject}</Text>
        <Text color="fg.muted" fontSize="xs" title={original.check}>
          {words(original.kind)}
        </Text>
      </>
    ),
    header: "Check",
  }),
  column.accessor("expected", { header: "Expected" }),
  column.accessor("observed", {
    cell: ({ row: { original } }) => (
      <>
        {valueText(original.observed)}
        {tellsFailing(original) && (
          <Text color="fg.muted" fontSize="xs">
            {valueText(original.failing)} of {valueText(original.total)} rows fail
          </Text>
        )}
        {original.reason !== undefined && <Text fontSize="xs">{original.reason}</Text>}
      </>
    ),
    header: "Observed",
  }),
  column.accessor("series", {
    cell: (info) => <Trend series={info.getValue()} />,
    header: "Last runs",
  }),
];

/** Whether the count of failing rows is not in what was observed already. */
const tellsFailing = ({ failing = 0, observed }: Row): boolean =>
  failing > 0 && !(typeof observed === "string" && observed.includes("rows fail"));

interface TableProps {
  readonly findings: readonly Finding[];
  readonly history: History | undefined;
  readonly label: string;
}

export function FindingsTable({ findings, history, label }: TableProps) {
  const series = new Map(history?.checks.map((each) => [each.check, each]));
  const rows = findings
    .map((finding) => ({ ...finding, series: series.get(finding.check) }))
    .sort((one, other) => WORST_FIRST.indexOf(one.verdict) - WORST_FIRST.indexOf(other.verdict));
  if (rows.length === 0) {
    return <Nothing title="No check fits the filters">Clear some of them.</Nothing>;
  }
  return <DataTable columns={COLUMNS} label={label} rowId={({ check }) => check} rows={rows} />;
}

/** Observed numbers over the runs; for what is no number, whether it passed. */
function Trend({ series }: { readonly series: CheckSeries | undefined }) {
  if (series === undefined || series.points.filter((point) => point !== null).length < 2) {
    return <Text color="fg.muted">–</Text>;
  }
  const { points } = series;
  const values = points.map((point) => {
    if (point === null) return null;
    if (typeof point.observed === "number") return point.observed;
    return point.verdict === "PASSED" ? 1 : 0;
  });
  const tones = points.map((point) => (point === null ? null : verdictTone(point.verdict)));
  const off = points.filter((point) => point !== null && point.verdict !== "PASSED").length;
  const last = points.findLast((point) => point !== null)?.observed;
  const label = `${series.subject}, ${words(series.kind)}: ${valueText(last)} in the last of ${String(points.length)} runs, did not pass in ${String(off)}`;
  return <Sparkline label={label} tones={tones} values={values} />;
}
