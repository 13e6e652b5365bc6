import { Box } from "@chakra-ui/react";
import { max, min } from "d3-array";
import { scaleLinear } from "d3-scale";

import { Axes } from "src/components/charts/Axes";
import { color } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";

export interface Dot {
  readonly name: string;
  readonly value: number | null;
  readonly interval?: readonly [number, number];
  /** Too small to be compared: drawn hollow, with a broken whisker. */
  readonly isWeak?: boolean;
  /** Decides what the plot is about: drawn filled and larger. */
  readonly isDecisive?: boolean;
}

interface DotWhiskerProps {
  /** The text that stands for the picture. */
  readonly label: string;
  readonly dots: readonly Dot[];
  readonly limits?: readonly { readonly name: string; readonly value: number }[];
  readonly format: (value: number) => string;
  /** Of the axis; `format` if it is left out. */
  readonly tickFormat?: (value: number) => string;
  /** What has to be in sight, besides the values. */
  readonly domain?: readonly [number, number];
}

const ROW = 26;
const MARGIN = { bottom: 24, right: 16, top: 22 };
const LETTER = 6.2;

/** Values with their intervals, one below the other, and the limits that they are held against. */
export function DotWhisker({
  label,
  dots,
  limits = [],
  format,
  tickFormat = format,
  domain,
}: DotWhiskerProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const longest = Math.max(0, ...dots.map(({ name }) => name.length));
  const left = Math.min(Math.max(60, longest * LETTER + 12), Math.max(60, width * 0.4));
  const values = dots.flatMap(({ value, interval = [] }) => [value, ...interval]);
  const all = [...values, ...limits.map(({ value }) => value), ...(domain ?? [])].filter(
    (value) => value !== null,
  );
  const x = scaleLinear([min(all) ?? 0, max(all) ?? 1], [left, width - MARGIN.right]).nice(5);
  const bottom = MARGIN.top + dots.length * ROW;
  const fitting = Math.floor((left - 12) / LETTER);
  return (
    <Box minW={0} ref={ref} width="full">
      <svg aria-label={label} height={bottom + MARGIN.bottom} role="img" width="100%">
        <title>{label}</title>
        <Axes
          bottom={bottom}
          left={left}
          right={width - MARGIN.right}
          x={x.ticks(5).map((tick) => ({ text: tickFormat(tick), x: x(tick) }))}
          y={[]}
        />
        {x.ticks(5).map((tick) => (
          <line
            key={tick}
            stroke={color("border.muted")}
            x1={x(tick)}
            x2={x(tick)}
            y1={MARGIN.top}
            y2={bottom}
          />
        ))}
        {limits.map(({ name, value }) => (
          <g key={name}>
            <line
              stroke={color("red.solid")}
              strokeDasharray="6 3"
              x1={x(value)}
              x2={x(value)}
              y1={MARGIN.top - 4}
              y2={bottom}
            />
            <text
              fill={color("fg")}
              style={{ fontSize: "10px" }}
              textAnchor={x(value) > (left + width) / 2 ? "end" : "start"}
              x={x(value) + (x(value) > (left + width) / 2 ? -4 : 4)}
              y={MARGIN.top - 8}
            >
              {name}
            </text>
          </g>
        ))}
        {dots.map((dot, row) => (
          <Row
            dot={dot}
            fitting={fitting}
            format={format}
            key={dot.name}
            left={left}
            x={x}
            y={MARGIN.top + (row + 0.5) * ROW}
          />
        ))}
      </svg>
    </Box>
  );
}

interface RowProps {
  readonly dot: Dot;
  readonly fitting: number;
  readonly format: (value: number) => string;
  readonly left: number;
  readonly x: (value: number) => number;
  readonly y: number;
}

function Row({ dot, fitting, format, left, x, y }: RowProps) {
  const { name, value, interval, isWeak = false, isDecisive = false } = dot;
  const ink = color(isWeak ? "fg.subtle" : isDecisive ? "blue.solid" : "fg.muted");
  const shown = name.length > fitting ? `${name.slice(0, fitting - 1)}…` : name;
  const told = value === null ? "no value" : format(value);
  const between =
    interval === undefined ? "" : `, ${interval.map((end) => format(end)).join(" to ")}`;
  return (
    <g>
      <title>{`${name}: ${told}${between}${isWeak ? ", not compared" : ""}`}</title>
      <rect fill="transparent" height={ROW} width="100%" x={0} y={y - ROW / 2} />
      <text
        dominantBaseline="middle"
        fill={color(isWeak ? "fg.muted" : "fg")}
        style={{ fontSize: "11px" }}
        fontStyle={isWeak ? "italic" : undefined}
        fontWeight={isDecisive ? 600 : undefined}
        textAnchor="end"
        x={left - 8}
        y={y}
      >
        {shown}
      </text>
      {interval !== undefined && (
        <line
          stroke={ink}
          strokeDasharray={isWeak ? "3 3" : undefined}
          strokeWidth={isDecisive ? 2 : 1.5}
          x1={x(interval[0])}
          x2={x(interval[1])}
          y1={y}
          y2={y}
        />
      )}
      {value !== null && (
        <circle
          cx={x(value)}
          cy={y}
          fill={isWeak ? color("bg") : ink}
          r={isDecisive ? 5 : 4}
          stroke={ink}
          strokeWidth={1.5}
        />
      )}
    </g>
  );
}
