import { Box, Text } from "@chakra-ui/react";
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

/** The state of each that there is any of; what was missed is told in any case. */
function countsText({ excused, met, missed, pending }: Summary["kept"]): string {
  const told = [`${String(met)} met`, `${String(missed)} missed`];
  if (excused > 0) told.push(`${String(excused)} excused`);
  if (pending > 0) told.push(`${String(pending)} pending`);
  return told.join(", ");
}

interface TitleProps {
  readonly of: Summary;
  /** Where all are of one Dag, it is not told. */
  readonly hasDag: boolean;
}

function Title({ of, hasDag }: TitleProps) {
  return (
    <Box minW="44">
      <To fontWeight="medium" to={governancePath(`sla/${of.commitment_id}`)}>
        {of.title}
      </To>
      <Text color="fg.muted">
        {kindText(of.kind)}
        {hasDag && of.dag_id !== null && (
          <>
            {" · "}
            <SubjectLinks scope={{ dagId: of.dag_id }} />
          </>
        )}
        {of.owner !== null && ` · ${of.owner}`}
      </Text>
    </Box>
  );
}

const titleOf = (hasDag: boolean) =>
  column.accessor("title", {
    cell: ({ row: { original } }) => <Title hasDag={hasDag} of={original} />,
    header: "Commitment",
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
  cell: ({ row: { original } }) => countsText(original.kept),
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

const FIGURES = [severity, kept, budget, counts, trend];
const ALL = [titleOf(true), ...FIGURES];
const OF_DAG = [titleOf(false), ...FIGURES];

export const columnsFor = ({ dagId }: Scope) => (dagId === undefined ? ALL : OF_DAG);
