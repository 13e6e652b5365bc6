import { queryOptions } from "@tanstack/react-query";

import { call, governance, type Schemas } from "src/api/client";

export type OverviewData = Schemas["Overview"];
export type Level = OverviewData["level"];

const EVERY = 30_000;

export const overview = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call(governance().GET("/v1/overview", { signal })),
  refetchInterval: EVERY,
});
