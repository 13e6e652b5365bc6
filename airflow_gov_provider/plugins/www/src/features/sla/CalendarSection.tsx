import { Button } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";
import { useState } from "react";

import { DataTable } from "src/components/DataTable";
import { Faces } from "src/components/Faces";
import { Section } from "src/components/Section";
import { useTimeZone } from "src/components/times";
import { dayName } from "src/features/sla/calendar";
import { OutcomeState } from "src/features/sla/OutcomeState";
import { calendarOf, type Day } from "src/features/sla/queries";
import { YearCalendar } from "src/features/sla/YearCalendar";

interface SectionProps {
  readonly commitmentId: string;
  readonly chosen: string | undefined;
  readonly onChoose: (day: string | undefined) => void;
}

const column = createColumnHelper<Day>();
const columns = [
  column.accessor("day", { cell: (info) => dayName(info.getValue()), header: "Day" }),
  column.accessor("state", {
    cell: (info) => <OutcomeState state={info.getValue()} />,
    header: "Outcome",
  }),
  column.accessor("met", { header: "Met" }),
  column.accessor("missed", { header: "Missed" }),
  column.accessor("excused", { header: "Excused" }),
  column.accessor("pending", { header: "Pending" }),
  column.accessor("void", { header: "Void" }),
];

/** A year of outcomes as a calendar, or as a table for those whom that tells more. */
export function CalendarSection({ commitmentId, chosen, onChoose }: SectionProps) {
  const tz = useTimeZone();
  const [asTable, setAsTable] = useState(false);
  const query = useQuery(calendarOf(commitmentId, tz));
  return (
    <Section
      about="The days of the deadlines. Choose a day to see what was due on it."
      actions={
        <Button
          onClick={() => {
            setAsTable(!asTable);
          }}
          size="xs"
          variant="outline"
        >
          {asTable ? "Show as calendar" : "Show as table"}
        </Button>
      }
      level={3}
      title="Outcomes in a year"
    >
      <Faces query={query} what="calendar">
        {({ first_day: first, last_day: last, items }) => {
          const days = items[0]?.days ?? [];
          if (asTable) {
            return (
              <DataTable
                columns={columns}
                label="Outcomes by day"
                rowId={({ day }) => day}
                rows={[...days].reverse()}
              />
            );
          }
          return (
            <YearCalendar
              chosen={chosen}
              days={days}
              first={first}
              last={last}
              onChoose={onChoose}
            />
          );
        }}
      </Faces>
    </Section>
  );
}
