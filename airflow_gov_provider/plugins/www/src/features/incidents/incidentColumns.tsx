import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { sentence, SeverityBadge, State } from "src/components/Badges";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { Scope } from "src/components/scope";
import { When } from "src/components/When";
import { ClockBadge } from "src/features/incidents/ClockBadge";
import type { Incident } from "src/features/incidents/queries";
import { kindText, stateTone } from "src/features/incidents/words";

const column = createColumnHelper<Incident>();

const severity = column.accessor("severity", {
  cell: (info) => <SeverityBadge severity={info.getValue()} />,
  header: "Severity",
});
const state = column.accessor("state", {
  cell: ({ row: { original } }) => (
    <State tone={stateTone(original.state)}>{sentence(original.state)}</State>
  ),
  header: "State",
});
const title = column.accessor("title", {
  cell: ({ row: { original } }) => (
    <>
      <To fontWeight="medium" to={governancePath(`incidents/${original.incident_id}`)}>
        {original.title}
      </To>
      <Text color="fg.muted">
        {kindText(original.kind)}
        {original.occurrences > 1 && `, seen ${String(original.occurrences)} times`}
      </Text>
      {original.reportable
        .filter(({ ended }) => ended === null)
        .map((clock) => (
          <ClockBadge clock={clock} key={clock.regime} />
        ))}
    </>
  ),
  header: "Incident",
});
const about = column.display({
  cell: ({ row: { original } }) => (
    <SubjectLinks
      scope={{
        dagId: original.dag_id ?? undefined,
        runId: original.run_id ?? undefined,
        taskId: original.task_id ?? undefined,
      }}
    />
  ),
  header: "About",
  id: "about",
});
const who = column.display({
  cell: ({ row: { original } }) =>
    original.assignee ?? (
      <Text color="fg.muted">
        Nobody{original.owner === null ? "" : ` (owner: ${original.owner})`}
      </Text>
    ),
  header: "Assignee",
  id: "who",
});
const seen = column.accessor("last_seen_at", {
  cell: (info) => <When at={info.getValue()} />,
  header: "Happened last",
});
const opened = column.accessor("opened_at", {
  cell: (info) => <When at={info.getValue()} />,
  header: "Opened",
});

const ALL = [severity, state, title, about, who, seen, opened];
const OF_TASK = [severity, state, title, who, seen, opened];

/** On a task's tab what it is about is plain. */
export const columnsFor = ({ taskId }: Scope) => (taskId === undefined ? ALL : OF_TASK);
