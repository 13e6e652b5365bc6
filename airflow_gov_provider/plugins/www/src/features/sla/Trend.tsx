import { Sparkline } from "src/components/charts/Sparkline";
import { percent } from "src/features/sla/words";

const WIDTH = 100;

interface TrendProps {
  readonly shares: readonly (number | null)[];
  /** What it is the trend of. */
  readonly of: string;
}

/** The share that was met in each part of the window; gaps where nothing was counted. */
export function Trend({ shares, of }: TrendProps) {
  const known = shares.filter((share) => share !== null);
  if (known.length < 2) return <>–</>;
  return (
    <Sparkline
      label={`${of}: from ${percent(known[0])} to ${percent(known.at(-1))}, at least ${percent(Math.min(...known))}`}
      tones={shares.map((share) => (share !== null && share < 1 ? "bad" : null))}
      values={shares}
      width={WIDTH}
    />
  );
}
