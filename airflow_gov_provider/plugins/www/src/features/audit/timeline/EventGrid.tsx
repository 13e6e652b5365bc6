import { Box, chakra, useBreakpointValue } from "@chakra-ui/react";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import { EventRow } from "src/features/audit/timeline/EventRow";
import { COLUMNS, ROW_STYLES } from "src/features/audit/timeline/rowStyles";
import type { Timeline, View } from "src/features/audit/timeline/Timeline";
import { useRemainingHeight } from "src/features/audit/timeline/useRemainingHeight";

const ROW = 36;
const ROW_ON_A_PHONE = 60;
const HEADINGS = ["Time", "Event", "About", "Actor", "Seen by"];
const FIRST_SIZE = { height: 600, width: 1000 };

interface GridProps {
  readonly timeline: Timeline;
  readonly view: View;
  readonly depth: number;
  readonly opened?: string;
  readonly onOpen: (eventId: string) => void;
}

/** Only the rows in sight are in the page; the arrow keys move a cursor, Enter opens. */
export function EventGrid({ timeline, view, depth, opened, onOpen }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const rowHeight = useBreakpointValue({ base: ROW_ON_A_PHONE, md: ROW }) ?? ROW;
  const height = useRemainingHeight(scroller);
  // eslint-disable-next-line react-hooks/incompatible-library -- it tells of every change itself
  const virtual = useVirtualizer({
    count: view.count,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    initialRect: FIRST_SIZE,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];

  useEffect(() => {
    timeline.look(first, last);
  }, [timeline, first, last]);
  useLayoutEffect(() => {
    virtual.measure();
  }, [virtual, rowHeight]);
  const above = useRef(0);
  useLayoutEffect(() => {
    const added = view.above - above.current;
    above.current = view.above;
    if (added === 0) return;
    setActive((now) => now + added);
    scroller.current?.scrollBy({ top: added * rowHeight });
  }, [view.above, rowHeight]);

  const { rowAt } = view;
  const open = (index: number) => {
    const row = rowAt(index);
    if (row !== undefined) onOpen(row.event_id);
  };
  const pick = ({ target }: MouseEvent) => {
    const row = (target as Element).closest("[aria-rowindex]");
    if (row === null) return;
    const index = Number(row.getAttribute("aria-rowindex")) - 2;
    setActive(index);
    open(index);
  };
  const press = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const to = placeAfter(event.key, active, { last: view.count - 1, page });
    if (event.key === "Enter") open(active);
    else if (to === undefined) return;
    else {
      setActive(to);
      virtual.scrollToIndex(to);
    }
    event.preventDefault();
  };
  return (
    <chakra.div
      _focusVisible={{ outline: "2px solid", outlineColor: "border.info" }}
      aria-activedescendant={
        active >= first && active <= last ? `${id}-${String(active)}` : undefined
      }
      aria-label="Events"
      aria-rowcount={view.hasOlder ? -1 : view.count + 1}
      borderRadius="md"
      borderWidth="1px"
      css={ROW_STYLES}
      fontSize="sm"
      fontVariantNumeric="tabular-nums"
      onKeyDown={press}
      overflowY="auto"
      ref={scroller}
      role="grid"
      style={{ maxHeight: height, overflowAnchor: "none" }}
      tabIndex={0}
    >
      <Headings />
      <Box
        onClick={pick}
        position="relative"
        role="rowgroup"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, start, size }) => {
          const row = rowAt(index);
          return (
            <EventRow
              depth={depth}
              height={size}
              id={`${id}-${String(index)}`}
              index={index}
              isActive={index === active}
              isOpen={row !== undefined && row.event_id === opened}
              key={index}
              row={row}
              top={start}
            />
          );
        })}
      </Box>
    </chakra.div>
  );
}

function Headings() {
  return (
    <chakra.div
      bg="bg.subtle"
      borderBottomWidth="1px"
      columnGap={3}
      display={{ base: "none", md: "grid" }}
      fontWeight="semibold"
      gridTemplateColumns={COLUMNS}
      position="sticky"
      px={3}
      py={2}
      role="row"
      top={0}
      zIndex={1}
    >
      {HEADINGS.map((heading) => (
        <span key={heading} role="columnheader">
          {heading}
        </span>
      ))}
    </chakra.div>
  );
}

interface Ends {
  readonly last: number;
  readonly page: number;
}

/** Where a key moves the cursor; undefined for a key that does not. */
function placeAfter(key: string, now: number, { last, page }: Ends): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: now + 1,
    ArrowUp: now - 1,
    End: last,
    Home: 0,
    PageDown: now + page,
    PageUp: now - page,
  };
  const to = moves[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), Math.max(last, 0));
}
