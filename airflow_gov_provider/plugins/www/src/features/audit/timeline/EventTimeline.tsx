import { Box, chakra, Spinner, Stack } from "@chakra-ui/react";
import { type ReactNode, useState } from "react";

import { Failure, Loading, Nothing } from "src/components/Faces";
import type { Scope } from "src/components/scope";
import type { EventFilters } from "src/features/audit/queries";
import { EventGrid } from "src/features/audit/timeline/EventGrid";
import { TimelineBar } from "src/features/audit/timeline/TimelineBar";
import { useTimeline } from "src/features/audit/timeline/useTimeline";

interface TimelineProps {
  readonly filters: EventFilters;
  readonly at?: string;
  readonly isFiltered: boolean;
  readonly scope: Scope;
  readonly opened?: string;
  readonly onOpen: (eventId: string) => void;
  readonly moveTo: (at: string | undefined) => void;
  /** Stands at the begin of the line above the events. */
  readonly tools: ReactNode;
}

/** Events, newest first, as far back as one scrolls. */
export function EventTimeline(props: TimelineProps) {
  const { filters, at, scope, opened, onOpen, moveTo } = props;
  const [round, setRound] = useState(0);
  const [timeline, view] = useTimeline(filters, at, round);
  const retry = () => {
    timeline.retry();
  };
  const isEmpty = view.isBegun && view.count === 0 && !view.hasOlder && !view.isReading;
  return (
    <Stack gap={2}>
      <TimelineBar
        at={at}
        filters={filters}
        head={view.isBegun ? view.head : undefined}
        moveTo={moveTo}
        onRefresh={() => {
          setRound(round + 1);
        }}
        tools={props.tools}
      />
      {view.error !== undefined && (
        <Failure
          error={view.error}
          onRetry={retry}
          what={view.isBegun ? "More events could not be read" : "The events could not be read"}
        />
      )}
      {!view.isBegun && view.error === undefined && <Loading rows={10} what="events" />}
      {isEmpty && <Empty {...props} />}
      {view.isBegun && !isEmpty && (
        <Box position="relative">
          <EventGrid
            depth={depthOf(scope)}
            key={round}
            onOpen={onOpen}
            opened={opened}
            timeline={timeline}
            view={view}
          />
          {view.isReading && (
            <chakra.span bottom={2} position="absolute" right={4}>
              <Spinner aria-label="Reading events" size="sm" />
            </chakra.span>
          )}
        </Box>
      )}
    </Stack>
  );
}

const depthOf = ({ dagId, runId, taskId }: Scope): number =>
  taskId !== undefined ? 2 : runId !== undefined ? 2 : dagId !== undefined ? 1 : 0;

function Empty({ isFiltered, at }: TimelineProps) {
  if (at !== undefined)
    return (
      <Nothing title="Nothing happened before this time">
        Jump to a later time, or go back to the newest events.
      </Nothing>
    );
  return isFiltered ? (
    <Nothing title="No event matches the filters">
      Take a filter away, or write fewer words into the search.
    </Nothing>
  ) : (
    <Nothing title="No events yet">
      Run a Dag: what its runs and tasks do arrives here within seconds.
    </Nothing>
  );
}
