import { Box, chakra, HStack, Text } from "@chakra-ui/react";
import { type KeyboardEvent, useRef, useState } from "react";

import { monthsOf, plusDays, stepOf, WEEKDAYS, weeksBetween } from "src/features/sla/calendar";
import { CalendarCell } from "src/features/sla/CalendarCell";
import { dayText } from "src/features/sla/dayText";
import type { Day } from "src/features/sla/queries";
import { STATES } from "src/features/sla/words";

interface CalendarProps {
  readonly first: string;
  readonly last: string;
  readonly days: readonly Day[];
  readonly chosen: string | undefined;
  readonly onChoose: (day: string | undefined) => void;
}

/** A year of outcomes: a column for each week, a row for each day of it. */
export function YearCalendar({ first, last, days, chosen, onChoose }: CalendarProps) {
  const [active, setActive] = useState(chosen ?? last);
  const grid = useRef<HTMLTableElement>(null);
  const weeks = weeksBetween(first, last);
  const found = new Map(days.map((day) => [day.day, day]));

  const move = (event: KeyboardEvent) => {
    const step = stepOf(event.key);
    if (step === undefined) return;
    const next = plusDays(active, step);
    if (next < first || next > last) return;
    event.preventDefault();
    setActive(next);
    grid.current?.querySelector<HTMLElement>(`[data-day="${next}"]`)?.focus();
  };
  return (
    <Box>
      <Box overflowX="auto" pb={2} ref={scrolledToEnd}>
        <chakra.table
          aria-label="Outcomes by day; arrow keys move from day to day"
          css={{ borderCollapse: "separate", borderSpacing: "2px" }}
          fontSize="2xs"
          onKeyDown={move}
          ref={grid}
          role="grid"
        >
          <thead>
            <tr role="row">
              <chakra.td aria-hidden="true" />
              {monthsOf(weeks).map(({ name, weeks: span }, place) => (
                <chakra.th
                  color="fg.muted"
                  colSpan={span}
                  fontWeight="normal"
                  // A year begins and ends with the same month.
                  key={`${name} ${String(place)}`}
                  overflow="hidden"
                  role="columnheader"
                  textAlign="start"
                >
                  {span > 1 && name}
                </chakra.th>
              ))}
            </tr>
          </thead>
          <tbody>
            {WEEKDAYS.map((name, weekday) => (
              <tr key={name} role="row">
                <chakra.th
                  bg="bg"
                  color="fg.muted"
                  fontWeight="normal"
                  left={0}
                  pe={1}
                  position="sticky"
                  role="rowheader"
                  textAlign="start"
                >
                  {name}
                </chakra.th>
                {weeks.map(({ monday, days: ofWeek }) => {
                  const day = ofWeek[weekday];
                  return day === undefined ? (
                    <td key={monday} role="gridcell" />
                  ) : (
                    <CalendarCell
                      day={day}
                      found={found.get(day)}
                      isActive={day === active}
                      isChosen={day === chosen}
                      key={monday}
                      onActive={setActive}
                      onChoose={onChoose}
                    />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </chakra.table>
      </Box>
      <Text fontSize="sm">{dayText(active, found.get(active))}</Text>
      <Legend />
    </Box>
  );
}

/** On a phone the newest weeks are what one sees first. */
function scrolledToEnd(box: HTMLElement | null): void {
  if (box !== null) box.scrollLeft = box.scrollWidth;
}

function Legend() {
  return (
    <HStack color="fg.muted" fontSize="xs" gap={3} mt={1} wrap="wrap">
      {Object.entries(STATES).map(([state, { palette, sign, text }]) => (
        <HStack gap={1} key={state}>
          <chakra.span
            aria-hidden="true"
            bg={state === "missed" ? `${palette}.solid` : `${palette}.muted`}
            borderRadius="2px"
            boxSize="3.5"
            color={state === "missed" ? `${palette}.contrast` : `${palette}.fg`}
            lineHeight="0.875rem"
            textAlign="center"
          >
            {sign}
          </chakra.span>
          {text}
        </HStack>
      ))}
    </HStack>
  );
}
