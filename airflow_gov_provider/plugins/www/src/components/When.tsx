import { Text } from "@chakra-ui/react";

import { durationText, offsetText, timeText, useTimeZone } from "src/components/times";

interface WhenProps {
  /** ISO 8601; where there is none, `none` is shown. */
  readonly at: string | null | undefined;
  readonly none?: string;
}

/** A moment in the time zone that the user has chosen in Airflow; the whole of it on hover. */
export function When({ at, none = "–" }: WhenProps) {
  const zone = useTimeZone();
  if (at === null || at === undefined) return <>{none}</>;
  return (
    <Text
      as="time"
      fontVariantNumeric="tabular-nums"
      title={`${timeText(at, zone)} ${offsetText(at, zone)} (${zone})\n${at}`}
      whiteSpace="nowrap"
      // React knows the attribute, Chakra's types of `Text` do not.
      {...{ dateTime: at }}
    >
      {timeText(at, zone)}
    </Text>
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
    <Text as="time" title={timeText(at, zone)} whiteSpace="nowrap" {...{ dateTime: at }}>
      {seconds < 0 ? `in ${durationText(-seconds)}` : `${durationText(seconds)} ago`}
    </Text>
  );
}
