import { chakra } from "@chakra-ui/react";
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

import type { Tone } from "src/components/Badges";
import { color, isOff, SHAPES, toneColor } from "src/components/charts/tones";

const PAD = 4;

interface SparklineProps {
  /** Oldest first; null where there is nothing, which leaves a gap. */
  readonly values: readonly (number | null)[];
  /** What each value means, where some are good or bad. Bad ones are squares, unsure ones rings. */
  readonly tones?: readonly (Tone | null)[];
  /** The text that stands for the picture: "Share of late runs: 3 % now, 1 % to 7 % in 30 days". */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** How a number went, as small as a word. The last value is always marked. */
export function Sparkline({ values, tones, label, width = 120, height = 28 }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  const [low = 0, high = 0] = extent(known);
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [PAD, width - PAD]);
  const y = scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [height - PAD, PAD]);
  const drawn = line<number | null>()
    .defined((value) => value !== null)
    .x((_, at) => x(at))
    .y((value) => y(value ?? 0));
  const last = values.findLastIndex((value) => value !== null);
  const marked = values.flatMap((value, at) => {
    const tone = tones?.[at] ?? "neutral";
    return value !== null && (at === last || isOff(tone)) ? [{ at, tone, value }] : [];
  });
  return (
    <chakra.svg
      aria-label={label}
      display="inline-block"
      flex="none"
      height={`${String(height)}px`}
      overflow="visible"
      role="img"
      width={`${String(width)}px`}
    >
      <title>{label}</title>
      <path d={drawn(values) ?? ""} fill="none" stroke={color("fg.subtle")} strokeWidth="1.5" />
      {marked.map(({ at, tone, value }) => (
        <path
          d={SHAPES[tone] ?? SHAPES.neutral}
          fill={tone === "unsure" ? color("bg") : toneColor(tone)}
          key={at}
          stroke={toneColor(tone)}
          transform={`translate(${String(x(at))},${String(y(value))})`}
        />
      ))}
    </chakra.svg>
  );
}
