import { Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { color } from "src/components/charts/tones";
import { Faces } from "src/components/Faces";
import { Section } from "src/components/Section";
import { durationText, timeText, useTimeZone } from "src/components/times";
import { Chart } from "src/features/sla/Chart";
import { type Point, seriesOf } from "src/features/sla/queries";
import { durationTicks } from "src/features/sla/ticks";
import { stateWords } from "src/features/sla/words";

type Happened = Point & { readonly seconds_late: number };

const hasHappened = (point: Point): point is Happened => point.seconds_late !== null;

const marginText = (seconds: number): string =>
  seconds > 0 ? `${durationText(seconds)} late` : `${durationText(-seconds)} early`;

/** When each occasion happened, measured from its deadline. */
export function Punctuality({ commitmentId }: { readonly commitmentId: string }) {
  const query = useQuery(seriesOf(commitmentId));
  return (
    <Section
      about="When each of the newest occasions happened, measured from its deadline: below the line in time, above it late."
      level={3}
      title="Expected and actual"
    >
      <Faces
        empty={<Text color="fg.muted">Nothing that was due has happened yet.</Text>}
        isEmpty={({ points }) => !points.some(hasHappened)}
        query={query}
        what="times"
      >
        {({ points }) => <Times points={points} />}
      </Faces>
    </Section>
  );
}

function Times({ points }: { readonly points: readonly Point[] }) {
  const known = points.filter(hasHappened);
  const margins = known.map((point) => point.seconds_late);
  const times = known.map((point) => Date.parse(point.expected_at));
  const late = margins.filter((margin) => margin > 0);
  const never = points.length - known.length;
  const label =
    `${String(known.length)} occasions, ${String(late.length)} of them late` +
    (late.length === 0 ? "" : `, by ${durationText(Math.max(...late))} at most`);
  return (
    <>
      <Chart
        from={Math.min(...times)}
        label={label}
        tickText={(seconds) => (seconds === 0 ? "deadline" : signed(seconds))}
        ticks={durationTicks(Math.min(...margins), Math.max(...margins))}
        until={Math.max(...times)}
      >
        {({ x, y }) => (
          <>
            <line
              stroke={color("fg")}
              strokeDasharray="4 3"
              x1={x.range()[0]}
              x2={x.range()[1]}
              y1={y(0)}
              y2={y(0)}
            />
            {known.map((point) => (
              <Mark
                key={point.outcome_id}
                point={point}
                x={x(Date.parse(point.expected_at))}
                y={y(point.seconds_late)}
              />
            ))}
          </>
        )}
      </Chart>
      <Text color="fg.muted" fontSize="sm">
        {label}.{never > 0 && ` Not happened yet: ${String(never)}.`} A cross is a miss, a ring is
        excused; the list below has the times.
      </Text>
    </>
  );
}

const signed = (seconds: number): string =>
  `${seconds > 0 ? "+" : "−"}${durationText(Math.abs(seconds))}`;

interface MarkProps {
  readonly point: Happened;
  readonly x: number;
  readonly y: number;
}

const SIZE = 4;

/** A dot, or a cross for a miss: the shape tells what the colour does. */
function Mark({ point, x, y }: MarkProps) {
  const zone = useTimeZone();
  const { palette, text } = stateWords(point.state);
  const told = `${point.occasion}: ${text.toLowerCase()}, ${marginText(point.seconds_late)}; expected ${timeText(point.expected_at, zone)}`;
  const cross = `M${String(x - SIZE)},${String(y - SIZE)}l${String(2 * SIZE)},${String(2 * SIZE)}m0,${String(-2 * SIZE)}l${String(-2 * SIZE)},${String(2 * SIZE)}`;
  return (
    <g>
      <title>{told}</title>
      {point.state === "missed" ? (
        <path d={cross} stroke={color(`${palette}.fg`)} strokeWidth="2" />
      ) : (
        <circle
          cx={x}
          cy={y}
          fill={color(point.state === "excused" ? "bg" : `${palette}.fg`)}
          r={SIZE - 1}
          stroke={color(`${palette}.fg`)}
          strokeWidth="1.5"
        />
      )}
    </g>
  );
}
