import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { State } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { words } from "src/features/evidence/reading";
import {
  type Feature,
  formatOf,
  type Group,
  intervalOf,
  type Metric,
  valueOf,
} from "src/features/evidence/reports/fairness";

const column = createColumnHelper<Group>();

const columnsOf = (metric: Metric) => [
  column.accessor("name", {
    cell: ({ row: { original } }) => (
      <Text fontWeight={isDecisive(original, metric) ? "semibold" : undefined}>
        {original.name}
        {isDecisive(original, metric) && (
          <Text as="span" color="fg.muted" fontSize="xs" fontWeight="normal">
            {" "}
            decides
          </Text>
        )}
      </Text>
    ),
    header: "Group",
  }),
  column.accessor("n", { cell: (info) => info.getValue().toLocaleString("en"), header: "Rows" }),
  column.display({
    cell: ({ row: { original } }) => rateText(original, metric),
    header: words(metric.rate),
    id: "rate",
  }),
  column.accessor("reason", {
    cell: ({ row: { original } }) =>
      original.isCompared ? (
        "yes"
      ) : (
        <>
          <State tone="unsure">Not compared</State>
          <Text fontSize="xs">{original.reason}</Text>
        </>
      ),
    header: "Compared",
  }),
];

const isDecisive = ({ name }: Group, { pair }: Metric): boolean =>
  name === pair?.group || name === pair?.against;

function rateText(group: Group, metric: Metric): string {
  const format = formatOf(metric);
  const [value, between] = [valueOf(group, metric.rate), intervalOf(group, metric.rate)];
  if (value === undefined) return "no value";
  return between === undefined
    ? format(value)
    : `${format(value)} (${between.map((end) => format(end)).join(" to ")})`;
}

interface TableProps {
  readonly feature: Feature;
  readonly metric: Metric;
}

/** The numbers of the plot beside it. */
export function GroupTable({ feature, metric }: TableProps) {
  return (
    <DataTable
      columns={columnsOf(metric)}
      label={`${words(metric.rate)} by ${feature.name}`}
      rowId={({ name }) => name}
      rows={feature.groups}
    />
  );
}
