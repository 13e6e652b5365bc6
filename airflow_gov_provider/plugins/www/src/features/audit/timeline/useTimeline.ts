import { useMemo, useSyncExternalStore } from "react";

import { type EventFilters, type Place, readEvents } from "src/features/audit/queries";
import { Timeline, type View } from "src/features/audit/timeline/Timeline";

/** @param round a new one begins the timeline again. */
export function useTimeline(
  filters: EventFilters,
  at: string | undefined,
  round: number,
): readonly [Timeline, View] {
  const timeline = useMemo(() => {
    const start: Place = at === undefined ? { from: "newest" } : { at, from: "time" };
    return round >= 0
      ? new Timeline(start, (place, signal) => readEvents(filters, place, signal))
      : undefined;
  }, [filters, at, round]) as Timeline;
  return [timeline, useSyncExternalStore(timeline.subscribe, timeline.view)];
}
