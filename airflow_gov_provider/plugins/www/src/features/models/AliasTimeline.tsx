import { Box } from "@chakra-ui/react";
import { group } from "d3-array";
import { scaleUtc } from "d3-scale";

import { Axes } from "src/components/charts/Axes";
import { tickTexts } from "src/components/charts/tickTexts";
import { color } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";
import { timeText, useTimeZone } from "src/components/times";
import { useNow } from "src/components/useNow";
import type { Move } from "src/features/models/queries";

const ROW = 34;
const BAR = 20;
const MARGIN = { bottom: 24, left: 90, right: 20, top: 6 };
const READABLE = 16;

interface TimelineProps {
  /** Newest first. */
  readonly moves: readonly Move[];
  /** The time that was chosen, ISO 8601. */
  readonly at: string | undefined;
}

/** For each alias a bar over time, cut where it was moved to another version. */
export function AliasTimeline({ moves, at }: TimelineProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const zone = useTimeZone();
  const now = useNow();
  const lanes = [...group(moves, ({ alias }) => alias)].map(
    ([alias, found]) => [alias, [...found].reverse()] as const,
  );
  const first = Math.min(...moves.map((move) => Date.parse(move.at)));
  const x = scaleUtc(
    [first === now ? now - 1 : first, now],
    [MARGIN.left, Math.max(MARGIN.left + 50, width - MARGIN.right)],
  );
  const ticks = x.ticks(Math.max(2, Math.floor(width / 130)));
  const bottom = MARGIN.top + lanes.length * ROW;
  const label = `Versions over time of ${lanes.map(([alias]) => alias).join(", ")}; the table below has every move`;
  return (
    <Box minW={0} ref={ref} width="full">
      <svg aria-label={label} height={bottom + MARGIN.bottom} role="img" width="100%">
        <title>{label}</title>
        <Axes
          bottom={bottom}
          left={MARGIN.left}
          right={width - MARGIN.right}
          x={tickTexts(ticks, zone).map((text, place) => ({ text, x: x(ticks[place] ?? now) }))}
          y={[]}
        />
        {lanes.map(([alias, found], lane) => (
          <g key={alias} transform={`translate(0,${String(MARGIN.top + lane * ROW)})`}>
            <text
              dominantBaseline="middle"
              fill={color("fg")}
              style={{ fontSize: "12px" }}
              textAnchor="end"
              x={MARGIN.left - 8}
              y={ROW / 2}
            >
              {alias}
            </text>
            {found.map((move, place) => (
              <Stay
                end={x(Date.parse(found[place + 1]?.at ?? new Date(now).toISOString()))}
                isOdd={place % 2 === 1}
                key={move.evidence_id}
                start={x(Date.parse(move.at))}
                title={`${alias}: version ${move.version} from ${timeText(move.at, zone)}`}
                version={move.version}
              />
            ))}
          </g>
        ))}
        {at !== undefined && Date.parse(at) >= first && (
          <line
            stroke={color("fg")}
            strokeDasharray="4 3"
            strokeWidth={1.5}
            x1={x(Date.parse(at))}
            x2={x(Date.parse(at))}
            y1={0}
            y2={bottom}
          />
        )}
      </svg>
    </Box>
  );
}

interface StayProps {
  readonly start: number;
  readonly end: number;
  readonly version: string;
  readonly title: string;
  readonly isOdd: boolean;
}

/** The time for which an alias pointed to one version. */
function Stay({ start, end, version, title, isOdd }: StayProps) {
  const width = Math.max(2, end - start - 1);
  return (
    <g>
      <title>{title}</title>
      <rect
        fill={color(isOdd ? "blue.muted" : "blue.subtle")}
        height={BAR}
        rx={3}
        stroke={color("blue.emphasized")}
        width={width}
        x={start}
        y={(ROW - BAR) / 2}
      />
      {width > READABLE + version.length * 4 && (
        <text
          dominantBaseline="middle"
          fill={color("fg")}
          style={{ fontSize: "11px" }}
          textAnchor="middle"
          x={start + width / 2}
          y={ROW / 2}
        >
          {version}
        </text>
      )}
    </g>
  );
}
