import { Button, Field, Flex, Input, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { FiArrowUp, FiChevronsUp } from "react-icons/fi";

import { localOf, momentOf, useTimeZone } from "src/components/times";
import { type EventFilters, eventCount } from "src/features/audit/queries";
import { number } from "src/features/audit/words";

interface BarProps {
  readonly filters: EventFilters;
  readonly at?: string;
  /** Leads to what has arrived since the timeline was read. */
  readonly head?: string;
  readonly moveTo: (at: string | undefined) => void;
  readonly onRefresh: () => void;
  readonly tools: ReactNode;
}

/** How many events there are, what is new, and a way to another time. */
export function TimelineBar({ filters, at, head, moveTo, onRefresh, tools }: BarProps) {
  const { data } = useQuery(eventCount(filters));
  return (
    <Flex align="center" columnGap={4} justify="space-between" minH="9" rowGap={2} wrap="wrap">
      <Flex align="center" columnGap={4} rowGap={2} wrap="wrap">
        {tools}
        <Text color="fg.muted" fontSize="sm" role="status">
          {data === undefined ? " " : countText(data)}
        </Text>
        {at === undefined && head !== undefined && (
          <NewEvents filters={filters} head={head} onRefresh={onRefresh} />
        )}
      </Flex>
      <Flex align="center" gap={2}>
        {at !== undefined && (
          <Button
            onClick={() => {
              moveTo(undefined);
            }}
            size="sm"
            variant="outline"
          >
            <FiChevronsUp aria-hidden="true" /> Newest
          </Button>
        )}
        <JumpTo at={at} moveTo={moveTo} />
      </Flex>
    </Flex>
  );
}

function JumpTo({ at, moveTo }: Pick<BarProps, "at" | "moveTo">) {
  const zone = useTimeZone();
  return (
    <Field.Root alignItems="center" flexDirection="row" gap={2} width="auto">
      <Field.Label color="fg.muted" whiteSpace="nowrap">
        Jump to
      </Field.Label>
      <Input
        onChange={(event) => {
          moveTo(momentOf(event.target.value, zone));
        }}
        size="sm"
        type="datetime-local"
        value={at === undefined ? "" : localOf(at, zone)}
        width="52"
      />
    </Field.Root>
  );
}

const countText = ({ count, is_exact }: { count: number; is_exact: boolean }): string => {
  const events = count === 1 && is_exact ? "event" : "events";
  return `${is_exact ? "" : "More than "}${number(count)} ${events}, newest arrival first`;
};

interface NewProps {
  readonly filters: EventFilters;
  readonly head: string;
  readonly onRefresh: () => void;
}

/** Nothing moves under the eyes of whoever reads: what is new is shown when asked for. */
function NewEvents({ filters, head, onRefresh }: NewProps) {
  const { data } = useQuery(eventCount(filters, head));
  if (data === undefined || data.count === 0) return null;
  const many = data.count === 1 && data.is_exact ? "new event" : "new events";
  return (
    <Button colorPalette="blue" onClick={onRefresh} size="xs" variant="subtle">
      <FiArrowUp aria-hidden="true" />
      {number(data.count)}
      {data.is_exact ? "" : "+"} {many}
    </Button>
  );
}
