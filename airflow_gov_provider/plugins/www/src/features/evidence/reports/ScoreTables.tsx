import { Stack, Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { DataTable } from "src/components/DataTable";
import { Section } from "src/components/Section";
import { type Json, number, percent, valueText } from "src/features/evidence/reading";
import type { Feature, Group } from "src/features/evidence/reports/fairness";

/** As many groups as stand beside each other. */
const MOST_GROUPS = 6;

/** One threshold, or one tenth of the scores, with what each group has there. */
interface Line {
  readonly name: string;
  readonly cells: Readonly<Record<string, string>>;
}

const column = createColumnHelper<Line>();

const columnsOf = (first: string, groups: readonly Group[]) => [
  column.accessor("name", { header: first }),
  ...groups.map(({ name }) =>
    column.display({
      cell: ({ row: { original } }) => original.cells[name] ?? "–",
      header: name,
      id: name,
    }),
  ),
];

const share = (value: unknown): string => {
  const found = number(value);
  return found === undefined ? "–" : percent(found);
};

const sweepText = (at: Json): string =>
  [at.selection_rate, at.true_positive_rate, at.false_positive_rate].map(share).join(" · ");

const promiseText = (tenth: Json): string =>
  `${share(tenth.mean_score)} → ${share(tenth.positive_share)} (n = ${valueText(tenth.n)})`;

function linesOf(
  groups: readonly Group[],
  itemsOf: (group: Group) => readonly Json[],
  nameOf: (item: Json) => string,
  textOf: (item: Json) => string,
): readonly Line[] {
  const lines = new Map<string, Record<string, string>>();
  for (const group of groups) {
    for (const item of itemsOf(group)) {
      const name = nameOf(item);
      lines.set(name, { ...lines.get(name), [group.name]: textOf(item) });
    }
  }
  return [...lines]
    .map(([name, cells]) => ({ cells, name }))
    .sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
}

const thresholdOf = (item: Json): string => valueText(item.threshold);
const tenthOf = (item: Json): string => `${valueText(item.from)} to ${valueText(item.to)}`;

interface TablesProps {
  readonly feature: Feature;
}

/** What other thresholds would decide, and whether scores keep what they promise. */
export function ScoreTables({ feature }: TablesProps) {
  const groups = feature.groups.filter(({ sweep }) => sweep.length > 0).slice(0, MOST_GROUPS);
  if (groups.length === 0) return null;
  return (
    <Section level={3} title={`${feature.name}: scores`}>
      <Stack gap={1}>
        <Text color="fg.muted" fontSize="xs">
          Selected · true positive rate · false positive rate, if a score decides from this
          threshold on
        </Text>
        <DataTable
          columns={columnsOf("Threshold", groups)}
          label={`Rates of each group of ${feature.name} by threshold`}
          rowId={({ name }) => name}
          rows={linesOf(groups, ({ sweep }) => sweep, thresholdOf, sweepText)}
        />
      </Stack>
      <Stack gap={1}>
        <Text color="fg.muted" fontSize="xs">
          Calibration: mean score → share that was positive, by tenth of the scores
        </Text>
        <DataTable
          columns={columnsOf("Score", groups)}
          label={`Calibration of each group of ${feature.name}`}
          rowId={({ name }) => name}
          rows={linesOf(groups, ({ reliability }) => reliability, tenthOf, promiseText)}
        />
      </Stack>
    </Section>
  );
}
