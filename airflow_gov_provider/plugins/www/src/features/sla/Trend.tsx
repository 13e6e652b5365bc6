import { chakra } from "@chakra-ui/react";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

import { percent } from "src/features/sla/words";

const WIDTH = 120;
const HEIGHT = 28;
const PAD = 3;

interface TrendProps {
  readonly shares: readonly (number | null)[];
  /** What it is the trend of. */
  readonly of: string;
}

/** The share that was met in each part of the window; gaps where nothing was counted. */
export function Trend({ shares, of }: TrendProps) {
  const known = shares.filter((share) => share !== null);
  if (known.length < 2) return <>–</>;
  const x = scaleLinear([0, shares.length - 1], [PAD, WIDTH - PAD]);
  const y = scaleLinear([Math.min(0.8, ...known), 1], [HEIGHT - PAD, PAD]);
  const drawn = line<number | null>()
    .defined((share) => share !== null)
    .x((_, at) => x(at))
    .y((share) => y(share ?? 0));
  const low = shares.flatMap((share, at) => (share !== null && share < 1 ? [{ at, share }] : []));
  const label = `${of}: from ${percent(known[0])} to ${percent(known.at(-1))}, at least ${percent(Math.min(...known))}`;
  return (
    <chakra.svg
      aria-label={label}
      height={`${String(HEIGHT)}px`}
      role="img"
      width={`${String(WIDTH)}px`}
    >
      <title>{label}</title>
      <chakra.path
        d={drawn(shares) ?? ""}
        fill="none"
        stroke="fg.muted"
        strokeLinecap="round"
        strokeWidth="1.5"
      />
      {low.map(({ at, share }) => (
        <chakra.circle cx={x(at)} cy={y(share)} fill="red.solid" key={at} r="2" />
      ))}
    </chakra.svg>
  );
}
