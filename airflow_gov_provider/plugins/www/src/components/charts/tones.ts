import { symbol, symbolCircle, symbolSquare, symbolTriangle } from "d3-shape";

import type { Tone } from "src/components/Badges";

const COLORS: Record<Tone, string> = {
  bad: "red.solid",
  good: "green.solid",
  info: "blue.solid",
  neutral: "fg.muted",
  unsure: "purple.solid",
  waiting: "blue.solid",
  warning: "orange.solid",
};

/**
 * A semantic token of Chakra as a colour for SVG, which follows the theme.
 *
 * The elements of a chart are plain ones: Chakra's would take `transform`, `x` and the like for CSS.
 */
export const color = (token: string): string =>
  `var(--chakra-colors-${token.replaceAll(".", "-")})`;

export const toneColor = (tone: Tone): string => color(COLORS[tone]);

/** Whether a point has to be seen among others. */
export const isOff = (tone: Tone): boolean =>
  tone === "bad" || tone === "unsure" || tone === "warning";

const round = symbol(symbolCircle, 14)() ?? "";

/** Marks around the origin, which differ without their colours. */
export const SHAPES: Record<Tone, string> = {
  bad: symbol(symbolSquare, 24)() ?? "",
  good: round,
  info: round,
  neutral: round,
  unsure: symbol(symbolCircle, 20)() ?? "",
  waiting: round,
  warning: symbol(symbolTriangle, 20)() ?? "",
};
