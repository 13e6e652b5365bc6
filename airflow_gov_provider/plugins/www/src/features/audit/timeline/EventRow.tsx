import { chakra, Flex, Text } from "@chakra-ui/react";
import type { CSSProperties } from "react";
import {
  FiAlertTriangle,
  FiCheckCircle,
  FiCircle,
  FiClock,
  FiHelpCircle,
  FiInfo,
  FiXCircle,
} from "react-icons/fi";

import type { Tone } from "src/components/Badges";
import { When } from "src/components/When";
import type { Row } from "src/features/audit/timeline/rows";
import { eventTone, eventWords, witnessName } from "src/features/audit/words";

/** Time, what, about what, who, seen by. */
export const COLUMNS =
  "10rem minmax(8rem, 1fr) minmax(0, 2.4fr) minmax(4rem, 0.5fr) minmax(5rem, 0.7fr)";

const ICONS = {
  bad: [FiXCircle, "fg.error"],
  good: [FiCheckCircle, "fg.success"],
  info: [FiInfo, "fg.info"],
  neutral: [FiCircle, "fg.subtle"],
  unsure: [FiHelpCircle, "fg.muted"],
  waiting: [FiClock, "fg.info"],
  warning: [FiAlertTriangle, "fg.warning"],
} as const satisfies Record<Tone, unknown>;

interface RowProps {
  readonly id: string;
  readonly row: Row | undefined;
  readonly index: number;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  /** What the page is about anyway is left out: 0 nothing, 1 the Dag, 2 the run, 3 the task. */
  readonly depth: number;
  readonly style: CSSProperties;
  readonly onPick: (index: number) => void;
}

/** One event. On a phone it takes two lines. */
export function EventRow({ id, row, index, isActive, isOpen, depth, style, onPick }: RowProps) {
  return (
    <chakra.div
      _hover={{ bg: "bg.subtle" }}
      alignItems="center"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      bg={isOpen ? "bg.info" : undefined}
      borderBottomWidth="1px"
      columnGap={3}
      cursor="pointer"
      data-active={isActive ? "" : undefined}
      display="grid"
      gridTemplateColumns={{ base: "minmax(0, 1fr) auto", md: COLUMNS }}
      id={id}
      onClick={() => {
        onPick(index);
      }}
      px={3}
      role="row"
      style={style}
    >
      {row === undefined ? (
        <chakra.span color="fg.muted" role="gridcell">
          …
        </chakra.span>
      ) : (
        <Cells depth={depth} row={row} />
      )}
    </chakra.div>
  );
}

function Cells({ row, depth }: { readonly row: Row; readonly depth: number }) {
  const [Icon, color] = ICONS[eventTone(row.type)];
  const seen = row.witnesses.map(witnessName).join(", ");
  return (
    <>
      <chakra.span color="fg.muted" order={{ base: 1, md: 0 }} role="gridcell">
        <When at={row.occurred_at} />
      </chakra.span>
      <Flex align="center" gap={2} minW={0} role="gridcell" title={row.type}>
        <chakra.span color={color} flexShrink={0}>
          <Icon aria-hidden="true" />
        </chakra.span>
        <Text fontWeight="medium" truncate>
          {eventWords(row.type)}
        </Text>
      </Flex>
      <Subject depth={depth} row={row} />
      <Text hideBelow="md" role="gridcell" title={row.actor ?? undefined} truncate>
        {row.actor ?? <chakra.span color="fg.subtle">–</chakra.span>}
      </Text>
      <Text color="fg.muted" hideBelow="md" role="gridcell" title={seen} truncate>
        {seen}
      </Text>
    </>
  );
}

/** Names of Dags and tasks get room before the ids of runs, which are long. */
function Subject({ row, depth }: { readonly row: Row; readonly depth: number }) {
  const { dag_id, run_id, task_id, map_index } = row;
  const isMapped = map_index !== null && map_index >= 0;
  const task = task_id !== null && isMapped ? `${task_id}[${String(map_index)}]` : task_id;
  const all = [dag_id, run_id, task].filter((part) => part !== null);
  const parts = all.length > depth ? all.slice(depth) : all.slice(-1);
  return (
    <Flex
      color={{ base: "fg.muted", md: "fg" }}
      gridColumn={{ base: "1 / -1", md: "auto" }}
      minW={0}
      order={{ base: 2, md: 0 }}
      role="gridcell"
      title={all.join(" › ")}
    >
      {parts.length === 0 && (
        <chakra.span color="fg.subtle" hideBelow="md">
          –
        </chakra.span>
      )}
      {parts.map((part, place) => (
        <Text
          flexShrink={part === run_id ? 20 : 1}
          key={`${String(place)} ${part}`}
          minW={0}
          truncate
        >
          {place > 0 && (
            <chakra.span aria-hidden="true" color="fg.subtle" px={1.5}>
              ›
            </chakra.span>
          )}
          {part}
        </Text>
      ))}
    </Flex>
  );
}
