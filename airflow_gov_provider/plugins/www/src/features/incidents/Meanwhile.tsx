import { Alert, List, Text } from "@chakra-ui/react";
import { useState } from "react";

import { When } from "src/components/When";
import { type Draft, isTyped } from "src/features/incidents/draft";
import type { Entry, IncidentView } from "src/features/incidents/queries";
import { Standing } from "src/features/incidents/Standing";
import { didWhat } from "src/features/incidents/words";

const MOST_TOLD = 3;

interface MeanwhileProps {
  readonly incident: IncidentView;
  readonly draft: Draft;
  /** What was to be done: "Acknowledge". */
  readonly label: string;
  /** Whether it was sent and came too late. */
  readonly isLate: boolean;
  readonly isPossible: boolean;
  readonly isSending: boolean;
}

/** What others have done since the form was opened, and what that means for what is in it. */
export function Meanwhile(props: MeanwhileProps) {
  const { incident, draft, label, isLate, isPossible, isSending } = props;
  const [begun] = useState(incident);
  const since = entriesSince(begun, incident);
  if (isSending || (since.length === 0 && isPossible && !isLate)) return null;
  const isNoted = isPossible && !isLate;
  return (
    <Alert.Root alignItems="start" status={isNoted ? "info" : "warning"}>
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>
          {isNoted && "Since you began"}
          {!isPossible && `${label}: not possible any more`}
          {isPossible && isLate && `${label}: not done, the incident has changed since you began`}
        </Alert.Title>
        <Alert.Description>
          <Since entries={since} incident={incident} />
          {since.length === 0 && incident.state !== "open" && !isPossible && (
            <Text>
              <Standing incident={incident} />.
            </Text>
          )}
          {isPossible && isLate && <Text>If it is still right, send it again.</Text>}
          {!isNoted && isTyped(draft) && <Text>What you typed is still here.</Text>}
        </Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}

interface SinceProps {
  readonly entries: readonly Entry[];
  readonly incident: IncidentView;
}

function Since({ entries, incident }: SinceProps) {
  const earlier = entries.length - MOST_TOLD;
  return (
    <List.Root listStyleType="none">
      {earlier > 0 && <List.Item>{earlier} more in the timeline</List.Item>}
      {entries.slice(-MOST_TOLD).map((entry) => (
        <List.Item key={entry.event_id}>
          {whoOf(entry, incident)} {didWhat(entry, incident.duties)}, <When at={entry.at} />
        </List.Item>
      ))}
    </List.Root>
  );
}

function whoOf({ actor }: Entry, { me }: IncidentView): string {
  if (actor === null) return "The collector";
  return actor === me ? "You" : actor;
}

/** What the timeline tells beyond what it told before. */
function entriesSince(before: IncidentView, now: IncidentView): readonly Entry[] {
  if (now.version === before.version) return [];
  const newest = before.timeline.at(-1)?.event_id;
  const place = now.timeline.findIndex((entry) => entry.event_id === newest);
  return place === -1 ? now.timeline.slice(-1) : now.timeline.slice(place + 1);
}
