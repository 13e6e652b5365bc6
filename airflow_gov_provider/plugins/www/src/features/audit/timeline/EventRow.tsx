import { memo } from "react";
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

const ICONS = {
  bad: FiXCircle,
  good: FiCheckCircle,
  info: FiInfo,
  neutral: FiCircle,
  unsure: FiHelpCircle,
  waiting: FiClock,
  warning: FiAlertTriangle,
} as const satisfies Record<Tone, unknown>;

interface RowProps {
  readonly id: string;
  readonly row: Row | undefined;
  readonly index: number;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  /** What the page is about anyway is left out: 0 nothing, 1 the Dag, 2 the run, 3 the task. */
  readonly depth: number;
  /** Pixels from the first row. */
  readonly top: number;
  readonly height: number;
}

/** One event. On a phone it takes two lines. Its looks are those of `ROW_STYLES`. */
export const EventRow = memo(function EventRow(props: RowProps) {
  const { id, row, index, isActive, isOpen, depth, top, height } = props;
  return (
    <div
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      className="event-row"
      data-active={isActive ? "" : undefined}
      id={id}
      role="row"
      style={{ height, transform: `translateY(${String(top)}px)` }}
    >
      {row === undefined ? (
        <span className="event-mute" role="gridcell">
          …
        </span>
      ) : (
        <Cells depth={depth} row={row} />
      )}
    </div>
  );
});

function Cells({ row, depth }: { readonly row: Row; readonly depth: number }) {
  const tone = eventTone(row.type);
  const Icon = ICONS[tone];
  const seen = row.witnesses.map(witnessName).join(", ");
  return (
    <>
      <span className="event-time" role="gridcell">
        <When at={row.occurred_at} />
      </span>
      <span className="event-name" role="gridcell" title={row.type}>
        <Icon aria-hidden="true" data-tone={tone} />
        <span>{eventWords(row.type)}</span>
      </span>
      <Subject depth={depth} row={row} />
      <span className="event-actor" role="gridcell" title={row.actor ?? undefined}>
        {row.actor ?? <span className="event-faint">–</span>}
      </span>
      <span className="event-witness" role="gridcell" title={seen}>
        {seen}
      </span>
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
    <span className="event-subject" role="gridcell" title={all.join(" › ")}>
      {parts.length === 0 && <span className="event-faint">–</span>}
      {parts.map((part, place) => (
        <span data-long={part === run_id ? "" : undefined} key={`${String(place)} ${part}`}>
          {place > 0 && (
            <span aria-hidden="true" className="event-faint event-between">
              ›
            </span>
          )}
          {part}
        </span>
      ))}
    </span>
  );
}
