import { HStack, Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { SeverityBadge, State } from "src/components/Badges";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { Scope } from "src/components/scope";
import { Attainment } from "src/features/sla/Attainment";
import type { Summary } from "src/features/sla/queries";
import { Trend } from "src/features/sla/Trend";
import { budgetWords, kindText } from "src/features/sla/words";

const column = createColumnHelper<Summary>();

const title = column.accessor("title", {
  cell: ({ row: { original } }) => (
    <>
      <To fontWeight="medium" to={governancePath(`sla/${original.commitment_id}`)}>
        {original.title}
      </To>
      <Text color="fg.muted">
        {kindText(original.kind)}
        {original.owner !== null && `, ${original.owner}`}
      </Text>
    </>
  ),
  header: "Promise",
});
const dag = column.display({
  cell: ({ row: { original } }) => <SubjectLinks scope={{ dagId: original.dag_id ?? undefined }} />,
  header: "Dag",
  id: "dag",
});
const severity = column.accessor("severity", {
  cell: (info) => <SeverityBadge severity={info.getValue()} />,
  header: "Severity",
});
const kept = column.display({
  cell: ({ row: { original } }) => (
    <Attainment attainment={original.kept.attainment} target={original.target} />
  ),
  header: "Attainment",
  id: "kept",
});
const counts = column.display({
  cell: ({
    row: {
      original: { kept: of },
    },
  }) => (
    <HStack as="span" columnGap={2} flexWrap="wrap" rowGap={0}>
      <span>{of.met} met,</span>
      <span>{of.missed} missed</span>
      {of.excused > 0 && <span>{of.excused} excused</span>}
      {of.pending > 0 && <span>{of.pending} pending</span>}
    </HStack>
  ),
  header: "Outcomes",
  id: "counts",
});
const budget = column.display({
  cell: ({ row: { original } }) => {
    const { text, tone } = budgetWords(original.kept);
    return <State tone={tone}>{text}</State>;
  },
  header: "Error budget",
  id: "budget",
});
const trend = column.display({
  cell: ({ row: { original } }) => <Trend of={original.title} shares={original.trend} />,
  header: "Trend",
  id: "trend",
});

const ALL = [title, dag, severity, kept, budget, counts, trend];
const OF_DAG = [title, severity, kept, budget, counts, trend];

export const columnsFor = ({ dagId }: Scope) => (dagId === undefined ? ALL : OF_DAG);
