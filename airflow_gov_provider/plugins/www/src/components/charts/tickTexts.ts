import { timeText } from "src/components/times";

const DAY = 10;
const MINUTE = 16;

/** What stands below the ticks of a time axis: days, or times where days would say the same twice. */
export function tickTexts(ticks: readonly Date[], zone: string): readonly string[] {
  const texts = ticks.map((tick) => timeText(tick.toISOString(), zone));
  const days = new Set(texts.map((text) => text.slice(0, DAY)));
  if (days.size === texts.length) return texts.map((text) => text.slice(0, DAY));
  const from = days.size === 1 ? DAY + 1 : "2026-".length;
  const minutes = new Set(texts.map((text) => text.slice(0, MINUTE)));
  return texts.map((text) => text.slice(from, minutes.size === texts.length ? MINUTE : undefined));
}
