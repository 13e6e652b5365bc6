import { Box, chakra, Flex, Text } from "@chakra-ui/react";
import { extent, max, min } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import { line } from "d3-shape";

import type { Tone } from "src/components/Badges";
import { Axes } from "src/components/charts/Axes";
import { tickTexts } from "src/components/charts/tickTexts";
import { color, isOff, SHAPES, toneColor } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";
import { timeText, useTimeZone } from "src/components/times";

export interface Moment {
  /** ISO 8601. */
  readonly at: string;
  /** Null leaves a gap. */
  readonly value: number | null;
  readonly tone?: Tone;
}

export interface Line {
  readonly name: string;
  readonly moments: readonly Moment[];
  readonly tone?: Tone;
  readonly dashed?: boolean;
}

interface LineChartProps {
  /** The text that stands for the picture. */
  readonly label: string;
  readonly lines: readonly Line[];
  /** Horizontal lines with a name: a target, a limit. */
  readonly limits?: readonly { readonly name: string; readonly value: number }[];
  /** What has to be in sight, besides the values: `[0, 1]` for shares. */
  readonly domain?: readonly [number, number];
  readonly format?: (value: number) => string;
  readonly height?: number;
}

const PLAIN = (value: number): string => String(Math.round(value * 1000) / 1000);
const MARGIN = { bottom: 22, left: 48, right: 20, top: 10 };

/** Numbers over time; each mark tells its time and value on hover. */
export function LineChart(props: LineChartProps) {
  const { label, lines, limits = [], domain = [], format = PLAIN, height = 180 } = props;
  const { ref, width } = useWidth<HTMLDivElement>();
  const zone = useTimeZone();
  const moments = lines.flatMap((each) => each.moments);
  const values = [
    ...moments.map(({ value }) => value),
    ...limits.map(({ value }) => value),
    ...domain,
  ].filter((value) => value !== null);
  const [first = 0, last = 1] = extent(moments, ({ at }) => Date.parse(at));
  const [low, high] = [min(values) ?? 0, max(values) ?? 1];
  const x = scaleUtc(first === last ? [first - 1, last + 1] : [first, last], [
    MARGIN.left,
    width - MARGIN.right,
  ]);
  const y = scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [
    height - MARGIN.bottom,
    MARGIN.top,
  ]);
  if (domain.length === 0) y.nice(4);
  const drawn = line<Moment>()
    .defined(({ value }) => value !== null)
    .x(({ at }) => x(Date.parse(at)))
    .y(({ value }) => y(value ?? 0));
  const ticks = x.ticks(Math.max(2, Math.floor(width / 120)));
  return (
    <Box minW={0} ref={ref} width="full">
      <chakra.svg
        aria-label={label}
        display="block"
        height={`${String(height)}px`}
        role="img"
        width="full"
      >
        <title>{label}</title>
        <Axes
          bottom={height - MARGIN.bottom}
          left={MARGIN.left}
          right={width - MARGIN.right}
          x={tickTexts(ticks, zone).map((text, place) => ({ text, x: x(ticks[place] ?? last) }))}
          y={y.ticks(4).map((tick) => ({ text: format(tick), y: y(tick) }))}
        />
        {limits.map(({ name, value }) => (
          <g key={name}>
            <line
              stroke={color("red.solid")}
              strokeDasharray="6 3"
              x1={MARGIN.left}
              x2={width - MARGIN.right}
              y1={y(value)}
              y2={y(value)}
            />
            <text
              fill={color("fg.muted")}
              style={{ fontSize: "10px" }}
              textAnchor="end"
              x={width - MARGIN.right}
              y={y(value) - 4}
            >
              {name}
            </text>
          </g>
        ))}
        {lines.map((each) => (
          <g key={each.name}>
            <path
              d={drawn(each.moments) ?? ""}
              fill="none"
              stroke={toneColor(each.tone ?? "info")}
              strokeDasharray={each.dashed === true ? "4 3" : undefined}
              strokeWidth="1.5"
            />
            {each.moments.map(({ at, value, tone = "neutral" }) =>
              value === null ? null : (
                <path
                  d={SHAPES[tone]}
                  fill={isOff(tone) ? toneColor(tone) : toneColor(each.tone ?? "info")}
                  key={at}
                  opacity={isOff(tone) || each.moments.length <= 60 ? 1 : 0}
                  transform={`translate(${String(x(Date.parse(at)))},${String(y(value))})`}
                >
                  <title>{`${timeText(at, zone)}: ${format(value)}`}</title>
                </path>
              ),
            )}
          </g>
        ))}
      </chakra.svg>
      {lines.length > 1 && <Legend lines={lines} />}
    </Box>
  );
}

function Legend({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <Flex aria-hidden="true" gap={4} wrap="wrap">
      {lines.map(({ name, tone = "info", dashed }) => (
        <Flex align="center" gap={2} key={name}>
          <chakra.svg height="8px" width="24px">
            <line
              stroke={toneColor(tone)}
              strokeDasharray={dashed === true ? "4 3" : undefined}
              strokeWidth="2"
              x1="0"
              x2="24"
              y1="4"
              y2="4"
            />
          </chakra.svg>
          <Text fontSize="xs">{name}</Text>
        </Flex>
      ))}
    </Flex>
  );
}
