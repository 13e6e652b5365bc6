import { queryOptions } from "@tanstack/react-query";

import { call, governance, type Schemas } from "src/api/client";
import { keysetPages } from "src/api/pages";
import type { paths } from "src/api/schema.gen";

export type Summary = Schemas["CommitmentSummary"];
export type Outcome = Schemas["OutcomeItem"];
export type Day = Schemas["CalendarDay"];
export type Point = Schemas["SeriesPoint"];
export type Budget = Schemas["BudgetReport"];

type SummaryQuery = NonNullable<paths["/v1/sla/commitments"]["get"]["parameters"]["query"]>;
type OutcomeQuery = NonNullable<paths["/v1/outcomes"]["get"]["parameters"]["query"]>;
export type SummaryFilters = Omit<SummaryQuery, "cursor" | "limit">;
export type OutcomeFilters = Omit<OutcomeQuery, "cursor">;

const MOST_POINTS = 100;

export const summaryPages = (filters: SummaryFilters) =>
  keysetPages(["sla", "commitments", filters], (cursor, signal) =>
    call(
      governance().GET("/v1/sla/commitments", {
        params: { query: { ...filters, cursor } },
        signal,
      }),
    ),
  );

export const oneCommitment = (commitmentId: string) =>
  queryOptions({
    queryKey: ["sla", "commitment", commitmentId],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/commitments/{commitment_id}", {
          params: { path: { commitment_id: commitmentId } },
          signal,
        }),
      ),
  });

/** A year of outcomes, by the days of a time zone. */
export const calendarOf = (commitmentId: string, tz: string) =>
  queryOptions({
    queryKey: ["sla", "calendar", commitmentId, tz],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/sla/calendar", {
          params: { query: { commitment_id: commitmentId, tz } },
          signal,
        }),
      ),
  });

export const seriesOf = (commitmentId: string) =>
  queryOptions({
    queryKey: ["sla", "series", commitmentId],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/sla/series", {
          params: { query: { commitment_id: commitmentId, limit: MOST_POINTS } },
          signal,
        }),
      ),
  });

export const budgetOf = (commitmentId: string, window: string, tz: string) =>
  queryOptions({
    queryKey: ["sla", "budget", commitmentId, window, tz],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/sla/budget", {
          params: { query: { commitment_id: commitmentId, tz, window } },
          signal,
        }),
      ),
  });

export const outcomePages = (filters: OutcomeFilters) =>
  keysetPages(["sla", "outcomes", filters], (cursor, signal) =>
    call(governance().GET("/v1/outcomes", { params: { query: { ...filters, cursor } }, signal })),
  );
