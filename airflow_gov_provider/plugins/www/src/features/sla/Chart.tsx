import { Box, chakra } from "@chakra-ui/react";
import { scaleLinear, type ScaleLinear, scaleUtc } from "d3-scale";
import type { ReactNode } from "react";

import { color } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";
import { dayText, useTimeZone } from "src/components/times";

const HEIGHT = 200;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;
const USUAL_WIDTH = 640;
const NARROW = 480;
const ROOM_FOR_DAY = 36;

export interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

interface ChartProps {
  /** What the picture shows, in a sentence with its figures. */
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Where lines are drawn across; the lowest and the highest are the ends of the picture. */
  readonly ticks: readonly number[];
  readonly tickText: (value: number) => string;
  readonly children: (scales: Scales) => ReactNode;
}

/** Figures over time, as wide as there is room. */
export function Chart({ label, from, until, ticks, tickText, children }: ChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>(USUAL_WIDTH);
  const zone = useTimeZone();
  const x = scaleLinear([from, Math.max(until, from + 1)], [LEFT, width - RIGHT]);
  const y = scaleLinear([Math.min(...ticks), Math.max(...ticks)], [HEIGHT - BOTTOM, TOP]);
  const days = scaleUtc([from, until], [0, 1])
    .ticks(width < NARROW ? 2 : 4)
    .map(Number)
    .filter((at) => x(at) < width - ROOM_FOR_DAY);
  return (
    <Box minW={0} ref={ref} width="full">
      <chakra.svg
        aria-label={label}
        display="block"
        fontSize="11px"
        height={`${String(HEIGHT)}px`}
        role="img"
        width={`${String(width)}px`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line stroke={color("border")} x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text
              dominantBaseline="middle"
              fill={color("fg.muted")}
              textAnchor="end"
              x={LEFT - 6}
              y={y(tick)}
            >
              {tickText(tick)}
            </text>
          </g>
        ))}
        {days.map((at) => (
          <text fill={color("fg.muted")} key={at} textAnchor="middle" x={x(at)} y={HEIGHT - 6}>
            {dayText(new Date(at).toISOString(), zone)}
          </text>
        ))}
        {children({ x, y })}
      </chakra.svg>
    </Box>
  );
}
