import { chakra } from "@chakra-ui/react";

import { dayText } from "src/features/sla/dayText";
import type { Day } from "src/features/sla/queries";
import { stateWords } from "src/features/sla/words";

interface CellProps {
  readonly day: string;
  readonly found: Day | undefined;
  /** The one day that the Tab key reaches. */
  readonly isActive: boolean;
  readonly isChosen: boolean;
  readonly onActive: (day: string) => void;
  readonly onChoose: (day: string | undefined) => void;
}

/** One day: a letter on a colour, and the whole of it for those who point at it or hear it. */
export function CalendarCell({ day, found, isActive, isChosen, onActive, onChoose }: CellProps) {
  const words = found === undefined ? undefined : stateWords(found.state);
  const isMissed = found?.state === "missed";
  const filled = words === undefined ? "bg.muted" : `${words.palette}.muted`;
  return (
    <chakra.td lineHeight="1" p={0} role="gridcell">
      <chakra.button
        _focusVisible={{ outline: "2px solid", outlineColor: "fg", outlineOffset: "1px" }}
        aria-label={dayText(day, found)}
        aria-pressed={isChosen}
        bg={isMissed ? "red.solid" : filled}
        borderRadius="2px"
        boxSize="4"
        color={isMissed ? "red.contrast" : words === undefined ? "fg.muted" : `${words.palette}.fg`}
        cursor="pointer"
        data-day={day}
        onClick={() => {
          onActive(day);
          onChoose(isChosen ? undefined : day);
        }}
        onFocus={() => {
          onActive(day);
        }}
        onMouseEnter={() => {
          onActive(day);
        }}
        outline={isChosen ? "2px solid" : undefined}
        outlineColor="fg"
        tabIndex={isActive ? 0 : -1}
        title={dayText(day, found)}
        type="button"
      >
        <span aria-hidden="true">{words?.sign ?? ""}</span>
      </chakra.button>
    </chakra.td>
  );
}
