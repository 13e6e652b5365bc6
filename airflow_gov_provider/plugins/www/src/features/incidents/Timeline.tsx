import { Box, Button, chakra, Text } from "@chakra-ui/react";
import { type ReactNode, useState } from "react";

import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { Entry, IncidentView } from "src/features/incidents/queries";
import { didWhat } from "src/features/incidents/words";

const FOLDED_FROM = 4;

/** Entries that follow one another and tell the same: what is seen again every hour is one line. */
export function folded(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (entry.kind === "repeated" && last?.[0]?.kind === "repeated") last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** Who did what and when, the newest first. */
export function Timeline({ incident }: { readonly incident: IncidentView }) {
  const { timeline, timeline_total: total } = incident;
  const groups = folded(timeline).reverse();
  return (
    <Section level={3} title="Timeline">
      <chakra.ol fontSize="sm" listStyleType="none">
        {groups.map((group) => (
          <Group duties={incident.duties} entries={group} key={group[0]?.event_id} />
        ))}
      </chakra.ol>
      {total > timeline.length && (
        <Text color="fg.muted">
          The newest {timeline.length} of {total} entries. The command{" "}
          <chakra.code>airflow governance incidents show</chakra.code> shows all of them.
        </Text>
      )}
    </Section>
  );
}

interface GroupProps {
  readonly entries: readonly Entry[];
  readonly duties: IncidentView["duties"];
}

function Group({ entries, duties }: GroupProps) {
  const [isOpen, setOpen] = useState(false);
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (entries.length < FOLDED_FROM || isOpen) {
    return [...entries]
      .reverse()
      .map((entry) => <Item duties={duties} entry={entry} key={entry.event_id} />);
  }
  return (
    <Line at={last.at}>
      <Text>
        Seen again {entries.length} times since <When at={first.at} />{" "}
        <Button
          onClick={() => {
            setOpen(true);
          }}
          size="2xs"
          variant="outline"
        >
          Show each
        </Button>
      </Text>
    </Line>
  );
}

interface ItemProps {
  readonly entry: Entry;
  readonly duties: IncidentView["duties"];
}

function Item({ entry, duties }: ItemProps) {
  const { comment } = entry.details;
  return (
    <Line at={entry.at} eventId={entry.event_id}>
      <Text overflowWrap="anywhere">
        <chakra.span fontWeight="semibold">{entry.actor ?? "The collector"}</chakra.span>{" "}
        {didWhat(entry, duties)}
      </Text>
      {typeof comment === "string" && comment !== "" && (
        <Box borderStartWidth="2px" mt={1} overflowWrap="anywhere" ps={3} whiteSpace="pre-wrap">
          {comment}
        </Box>
      )}
    </Line>
  );
}

interface LineProps {
  readonly at: string;
  readonly eventId?: string;
  readonly children: ReactNode;
}

function Line({ at, eventId, children }: LineProps) {
  return (
    <chakra.li
      borderTopWidth="1px"
      display="grid"
      gap={{ base: 1, md: 4 }}
      gridTemplateColumns={{ base: "minmax(0, 1fr)", md: "11rem minmax(0, 1fr)" }}
      py={2}
    >
      <Box color="fg.muted" fontSize="sm">
        <When at={at} />
        {eventId !== undefined && (
          <To display="block" fontSize="xs" to={governancePath("audit", { event: eventId })}>
            Event in the record
          </To>
        )}
      </Box>
      <Box>{children}</Box>
    </chakra.li>
  );
}
