import { CloseButton, Drawer, Portal, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { State } from "src/components/Badges";
import { CopyButton } from "src/components/CopyButton";
import { Faces } from "src/components/Faces";
import { Facts } from "src/components/Facts";
import { SubjectLinks } from "src/components/Links";
import { Section } from "src/components/Section";
import type { Scope } from "src/components/scope";
import { When } from "src/components/When";
import { LedgerPlace } from "src/features/audit/LedgerPlace";
import { Payload } from "src/features/audit/Payload";
import { type EventDetail, eventDetail } from "src/features/audit/queries";
import { Sightings } from "src/features/audit/Sightings";
import { categoryName, eventTone, eventWords, number } from "src/features/audit/words";

interface DrawerProps {
  readonly eventId?: string;
  readonly onClose: () => void;
}

/** One event beside the timeline. */
export function EventDrawer({ eventId, onClose }: DrawerProps) {
  return (
    <Drawer.Root
      lazyMount
      onOpenChange={({ open }) => {
        if (!open) onClose();
      }}
      open={eventId !== undefined}
      size={{ base: "full", md: "lg" }}
      unmountOnExit
    >
      <Portal>
        <Drawer.Backdrop />
        <Drawer.Positioner>
          <Drawer.Content>
            {eventId !== undefined && <Content eventId={eventId} key={eventId} />}
            <Drawer.CloseTrigger asChild>
              <CloseButton aria-label="Close" size="sm" />
            </Drawer.CloseTrigger>
          </Drawer.Content>
        </Drawer.Positioner>
      </Portal>
    </Drawer.Root>
  );
}

function Content({ eventId }: { readonly eventId: string }) {
  const query = useQuery(eventDetail(eventId));
  const type = query.data?.type;
  return (
    <>
      <Drawer.Header justifyContent="start" pe={12}>
        <Drawer.Title>{type === undefined ? "Event" : eventWords(type)}</Drawer.Title>
        {type !== undefined && <State tone={eventTone(type)}>{categoryName(type)}</State>}
      </Drawer.Header>
      <Drawer.Body>
        <Faces query={query} what="event">
          {(event) => <Event event={event} />}
        </Faces>
      </Drawer.Body>
    </>
  );
}

function Event({ event }: { readonly event: EventDetail }) {
  return (
    <Stack gap={6} pb={6}>
      <Facts facts={factsOf(event)} />
      {Object.keys(event.payload).length > 0 && <Payload payload={event.payload} />}
      <Section level={3} title="Seen by">
        <Sightings event={event} />
      </Section>
      <Section level={3} title="In the ledger">
        <LedgerPlace event={event} />
      </Section>
    </Stack>
  );
}

function factsOf(event: EventDetail) {
  const scope: Scope = {
    dagId: event.dag_id ?? undefined,
    mapIndex: event.map_index !== null && event.map_index >= 0 ? event.map_index : undefined,
    runId: event.run_id ?? undefined,
    taskId: event.task_id ?? undefined,
  };
  return [
    ["Happened", <When at={event.occurred_at} key="at" />],
    ["Recorded", <When at={event.recorded_at} key="recorded" />],
    ["About", event.dag_id === null ? undefined : <SubjectLinks key="about" scope={scope} />],
    ["Actor", event.actor ?? undefined],
    ["State", event.state ?? undefined],
    ["Try", event.try_number === null ? undefined : String(event.try_number)],
    ["Type", <code key="type">{event.type}</code>],
    ["Arrived as number", number(event.seq)],
    [
      "Event ID",
      <span key="id">
        <code>{event.event_id}</code> <CopyButton value={event.event_id} what="event ID" />
      </span>,
    ],
  ] as const;
}
