import { createColumnHelper } from "@tanstack/react-table";

import { VerdictBadge } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { valueText, words } from "src/features/evidence/reading";
import type { Metric, Part } from "src/features/evidence/reports/fairness";

const column = createColumnHelper<Part>();

const COLUMNS = [
  column.accessor("name", { header: "Within" }),
  column.accessor("n", { cell: (info) => valueText(info.getValue()), header: "Rows" }),
  column.accessor("value", { cell: (info) => valueText(info.getValue()), header: "Value" }),
  column.accessor("verdict", {
    cell: (info) => <VerdictBadge verdict={info.getValue()} />,
    header: "Verdict",
  }),
  column.accessor("reason", { cell: (info) => info.getValue() ?? "", header: "Reason" }),
];

interface TableProps {
  readonly metric: Metric;
}

/** A metric within each stratum of the data, or for each class. */
export function PartTable({ metric }: TableProps) {
  if (metric.parts.length === 0) return null;
  return (
    <DataTable
      columns={COLUMNS}
      label={`${words(metric.name)} in each part`}
      rowId={({ name }) => name}
      rows={metric.parts}
    />
  );
}
