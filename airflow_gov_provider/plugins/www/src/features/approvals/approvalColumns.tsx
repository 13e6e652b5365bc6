import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { State, VerdictBadge } from "src/components/Badges";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { Scope } from "src/components/scope";
import { When } from "src/components/When";
import { Asked, Deadline } from "src/features/approvals/Times";
import type { Approval } from "src/features/approvals/queries";
import {
  approversText,
  type ListName,
  modelText,
  shownText,
  stateText,
  stateTone,
  stopped,
  votesText,
} from "src/features/approvals/words";

const column = createColumnHelper<Approval>();

const question = column.accessor("subject", {
  cell: ({ row: { original } }) => (
    <>
      <To fontWeight="medium" to={governancePath(`approvals/${original.request_id}`)}>
        {original.subject}
      </To>
      {original.model !== null && <Text color="fg.muted">{modelText(original)}</Text>}
    </>
  ),
  header: "Question",
});

const about = column.display({
  cell: ({ row: { original } }) => (
    <SubjectLinks scope={{ dagId: original.dag_id, runId: original.run_id }} />
  ),
  header: "Asked by",
  id: "about",
});

const evidence = column.display({
  cell: ({ row: { original } }) => (
    <>
      {original.verdict !== null && <VerdictBadge verdict={original.verdict} />}
      <Text color="fg.muted">{shownText(original)}</Text>
    </>
  ),
  header: "Evidence",
  id: "evidence",
});

const age = column.accessor("opened_at", {
  cell: ({ row: { original } }) => <Asked request={original} />,
  header: "Asked",
});

const deadline = column.accessor("expires_at", {
  cell: ({ row: { original } }) => <Deadline request={original} />,
  header: "Deadline",
});

const votes = column.display({
  cell: ({ row: { original } }) => votesText(original),
  header: "Answers",
  id: "votes",
});

const whom = column.display({
  cell: ({ row: { original } }) => (
    <>
      {approversText(original)}
      {original.why_not !== null && (
        <Text color="fg.muted" fontSize="sm">
          {original.why_not.startsWith("you ") && "Not you: "}
          {stopped(original.why_not)}
        </Text>
      )}
    </>
  ),
  header: "May approve",
  id: "whom",
});

const decision = column.accessor("state", {
  cell: ({ row: { original } }) => (
    <>
      <State tone={stateTone(original.state)}>{stateText(original.state)}</State>
      {original.decided_by !== null && (
        <Text color="fg.muted">
          by {original.decided_by}
          {original.reason !== null && `: ${original.reason}`}
        </Text>
      )}
    </>
  ),
  header: "Decision",
});

const decided = column.accessor("decided_at", {
  cell: (info) => <When at={info.getValue()} />,
  header: "Decided",
});

const COLUMNS = {
  decided: [question, about, evidence, decision, decided, votes],
  mine: [question, about, evidence, age, deadline, votes],
  others: [question, about, evidence, whom, age, deadline, votes],
} as const satisfies Record<ListName, unknown>;

/** On a task's tab who asks is plain. */
export const columnsFor = (list: ListName, { taskId }: Scope) =>
  COLUMNS[list].filter((one) => taskId === undefined || one !== about);
