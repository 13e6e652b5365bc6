import type { CSSProperties } from "react";

import { durationText, offsetText, timeText, useTimeZone } from "src/components/times";

/** Plain elements: a long list shows hundreds of these at once. */
const TIME: CSSProperties = { fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" };

interface WhenProps {
  /** ISO 8601; where there is none, `none` is shown. */
  readonly at: string | null | undefined;
  readonly none?: string;
}

/** A moment in the time zone that the user has chosen in Airflow; the whole of it on hover. */
export function When({ at, none = "–" }: WhenProps) {
  const zone = useTimeZone();
  if (at === null || at === undefined) return <>{none}</>;
  const text = timeText(at, zone);
  const whole = `${text} ${offsetText(at, zone)} (${zone})\n${at}`;
  return (
    <time dateTime={at} style={TIME} title={whole}>
      {text}
    </time>
  );
}

interface AgeProps extends WhenProps {
  /** Milliseconds since the epoch that count as now. */
  readonly now: number;
}

/** How long ago a moment was, or how far away it is. */
export function Age({ at, none = "–", now }: AgeProps) {
  const zone = useTimeZone();
  if (at === null || at === undefined) return <>{none}</>;
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  return (
    <time dateTime={at} style={TIME} title={timeText(at, zone)}>
      {seconds < 0 ? `in ${durationText(-seconds)}` : `${durationText(seconds)} ago`}
    </time>
  );
}
