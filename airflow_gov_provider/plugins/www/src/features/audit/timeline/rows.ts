import type { EventItem } from "src/features/audit/queries";

/** What a line of the timeline shows; payloads stay with the server. */
export type Row = Pick<
  EventItem,
  | "actor"
  | "dag_id"
  | "event_id"
  | "map_index"
  | "occurred_at"
  | "run_id"
  | "seq"
  | "state"
  | "task_id"
  | "type"
  | "witnesses"
>;

export const rowOf = ({
  actor,
  dag_id,
  event_id,
  map_index,
  occurred_at,
  run_id,
  seq,
  state,
  task_id,
  type,
  witnesses,
}: EventItem): Row => ({
  actor,
  dag_id,
  event_id,
  map_index,
  occurred_at,
  run_id,
  seq,
  state,
  task_id,
  type,
  witnesses,
});
