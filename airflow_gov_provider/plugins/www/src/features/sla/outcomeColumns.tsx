import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { durationText } from "src/components/times";
import { When } from "src/components/When";
import { OutcomeState } from "src/features/sla/OutcomeState";
import type { Outcome } from "src/features/sla/queries";

const column = createColumnHelper<Outcome>();

function Lateness({ outcome }: { readonly outcome: Outcome }) {
  const { expected_at: expected, actual_at: actual } = outcome;
  if (expected === null || actual === null) return <>–</>;
  const late = (Date.parse(actual) - Date.parse(expected)) / 1000;
  if (late <= 0) return <>{durationText(-late)} early</>;
  return (
    <Text as="span" color="red.fg">
      {durationText(late)} late
    </Text>
  );
}

const state = column.accessor("state", {
  cell: ({ row: { original } }) => (
    <>
      <OutcomeState state={original.state} />
      {original.reason !== null && (
        <Text color="fg.muted" fontSize="sm">
          {original.reason}
        </Text>
      )}
    </>
  ),
  header: "Outcome",
});
const promise = column.accessor("title", {
  cell: ({ row: { original } }) => (
    <To to={governancePath(`sla/${original.commitment_id}`)}>{original.title}</To>
  ),
  header: "Commitment",
});
const occasion = column.accessor("occasion", {
  cell: ({ row: { original } }) =>
    original.run_id === null ? (
      original.occasion
    ) : (
      <SubjectLinks scope={{ dagId: original.dag_id ?? undefined, runId: original.run_id }} short />
    ),
  header: "Run or day",
});
const expected = column.accessor("expected_at", {
  cell: (info) => <When at={info.getValue()} none="not known yet" />,
  header: "Expected",
});
const actual = column.accessor("actual_at", {
  cell: (info) => <When at={info.getValue()} none="not yet" />,
  header: "Happened",
});
const margin = column.display({
  cell: ({ row: { original } }) => <Lateness outcome={original} />,
  header: "Margin",
  id: "margin",
});
const incident = column.accessor("incident_id", {
  cell: ({ row: { original } }) =>
    original.incident_id === null ? (
      "–"
    ) : (
      <To
        aria-label={`Incident of ${original.occasion}`}
        to={governancePath(`incidents/${original.incident_id}`)}
      >
        Incident
      </To>
    ),
  header: "Incident",
});

export const OF_COMMITMENT = [state, occasion, expected, actual, margin, incident];
export const OF_RUN = [state, promise, expected, actual, margin, incident];
