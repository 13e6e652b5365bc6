import { queryOptions } from "@tanstack/react-query";

import { call, governance, type Schemas } from "src/api/client";

export type OverviewData = Schemas["Overview"];
export type Level = OverviewData["level"];

const EVERY = 30_000;

const WORSE: readonly Level[] = ["good", "unknown", "attention", "bad"];

/**
 * Requests past their deadline that nobody can answer any more call for no look: where none waits
 * for the reader, approvals are as they should be, and the whole is judged again.
 */
export function withoutExpired(data: OverviewData): OverviewData {
  const { approvals, attainment, collector, gates, incidents, ledger } = data;
  if (approvals.level !== "attention" || approvals.mine > 0) return data;
  const others = [attainment, collector, gates, incidents, ledger];
  const worst = Math.max(...others.map((tile) => WORSE.indexOf(tile?.level ?? "good")));
  return { ...data, approvals: { ...approvals, level: "good" }, level: WORSE[worst] ?? data.level };
}

export const overview = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call(governance().GET("/v1/overview", { signal })),
  refetchInterval: EVERY,
  select: withoutExpired,
});
