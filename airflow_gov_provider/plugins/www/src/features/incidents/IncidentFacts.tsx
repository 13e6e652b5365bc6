import { Stack, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { Facts } from "src/components/Facts";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { IncidentView } from "src/features/incidents/queries";
import { resolutionText } from "src/features/incidents/words";

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Links to what the newest occurrence is known by. */
function evidenceOf({ details }: IncidentView): [string, ReactNode][] {
  const links: [string, string, (id: string) => string][] = [
    ["evidence_id", "The report that blocks", (id) => `evidence/${id}`],
    [
      "commitment_id",
      text(details.promise) ?? "The commitment and its outcomes",
      (id) => `sla/${id}`,
    ],
    ["request_id", "The request for approval", (id) => `approvals/${id}`],
    ["event_id", "The event in the record", (id) => `audit?event=${id}`],
  ];
  const labels = ["Evidence", "Commitment", "Approval", "Event"];
  return links.flatMap(([name, label, path], place) => {
    const id = text(details[name]);
    if (id === undefined) return [];
    const link = <To to={governancePath(path(encodeURIComponent(id)))}>{label}</To>;
    return [[labels[place] ?? name, link] as [string, ReactNode]];
  });
}

/** What else is known of the newest occurrence. */
function factsOf({ details }: IncidentView): [string, ReactNode][] {
  const found: [string, ReactNode][] = [];
  const expected = text(details.expected_at);
  if (expected !== undefined) {
    found.push(["Expected", <When at={expected} key="expected" />]);
    const actual = text(details.actual_at);
    found.push(["In fact", <When at={actual} key="actual" none="not by then" />]);
  }
  const marked = text(details.marked_by);
  if (marked !== undefined) found.push(["Marked by", marked]);
  if (Array.isArray(details.first)) {
    found.push([
      "Problems",
      <Stack gap={1} key="problems">
        {details.first.map((problem, place) => (
          // The same problem may be told twice, and the list never changes its order.
          <span key={place}>{String(problem)}</span>
        ))}
      </Stack>,
    ]);
  }
  const description = text(details.description);
  if (description !== undefined) found.push(["About the commitment", description]);
  return found;
}

export function IncidentFacts({ incident }: { readonly incident: IncidentView }) {
  const { dag_id, run_id, task_id } = incident;
  const about = (
    <SubjectLinks
      scope={{
        dagId: dag_id ?? undefined,
        runId: run_id ?? undefined,
        taskId: task_id ?? undefined,
      }}
    />
  );
  const acknowledged = incident.acknowledged_at !== null && (
    <>
      {incident.acknowledged_by}, <When at={incident.acknowledged_at} />
    </>
  );
  const resolved = incident.resolved_at !== null && (
    <Stack gap={1}>
      <span>
        {incident.resolved_by ?? "By itself"}, <When at={incident.resolved_at} />
      </span>
      {incident.resolved_by !== null && <span>{resolutionText(incident.resolution ?? "")}</span>}
      {incident.comment !== null && <Text color="fg.muted">{incident.comment}</Text>}
    </Stack>
  );
  const ends = incident.auto_resolve
    ? "By itself, once it is well again, or when somebody resolves it"
    : "Only when somebody resolves it";
  return (
    <Section level={3} title="What is known">
      <Facts
        facts={[
          ["About", dag_id === null ? undefined : about],
          ...evidenceOf(incident),
          ...factsOf(incident),
          ["Owner", incident.owner ?? "–"],
          ["Assignee", incident.assignee ?? "Nobody"],
          ["Opened", <When at={incident.opened_at} key="opened" />],
          ["Happened last", <When at={incident.last_seen_at} key="seen" />],
          [
            "Seen",
            `${String(incident.occurrences)} ${incident.occurrences === 1 ? "time" : "times"}`,
          ],
          ["Acknowledged", acknowledged === false ? undefined : acknowledged],
          ["Resolved", resolved === false ? undefined : resolved],
          ["Ends", incident.state === "resolved" ? undefined : ends],
        ]}
      />
    </Section>
  );
}
