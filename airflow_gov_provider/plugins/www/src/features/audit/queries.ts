import { queryOptions } from "@tanstack/react-query";

import { errorFrom } from "src/api/ApiError";
import { call, governance, type Schemas, serverUrl, signIn } from "src/api/client";
import type { paths } from "src/api/schema.gen";
import { queryString } from "src/components/paths";

export type EventItem = Schemas["EventItem"];
export type EventDetail = Schemas["EventDetail"];
export type LedgerReport = Schemas["LedgerReport"];

type CountQuery = NonNullable<paths["/v1/events/count"]["get"]["parameters"]["query"]>;
/** What events are looked for by. */
export type EventFilters = Omit<CountQuery, "newer">;

/** Where a page of the timeline begins. */
export type Place =
  | { readonly from: "newest" }
  | { readonly from: "time"; readonly at: string }
  | { readonly from: "above"; readonly cursor: string }
  | { readonly from: "below"; readonly cursor: string };

export const PAGE = 100;
const OFTEN = 10_000;
const SELDOM = 30_000;

function placeQuery(place: Place) {
  switch (place.from) {
    case "newest":
      return {};
    case "time":
      return { at: place.at };
    case "above":
      return { newer: place.cursor };
    case "below":
      return { cursor: place.cursor };
  }
}

export const readEvents = (filters: EventFilters, place: Place, signal: AbortSignal) =>
  call(
    governance().GET("/v1/events", {
      params: { query: { ...filters, ...placeQuery(place), limit: PAGE } },
      signal,
    }),
  );

/** How many events there are; with a cursor, how many have arrived since. */
export const eventCount = (filters: EventFilters, newer?: string) =>
  queryOptions({
    queryKey: ["events", "count", filters, newer],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/events/count", { params: { query: { ...filters, newer } }, signal }),
      ),
    refetchInterval: newer === undefined ? SELDOM : OFTEN,
  });

const ofEvent = (eventId: string) => ({ path: { event_id: eventId } });

export const eventDetail = (eventId: string) =>
  queryOptions({
    queryKey: ["events", "one", eventId],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/events/{event_id}", { params: ofEvent(eventId), signal })),
    // What waits for its leaf has one within seconds.
    refetchInterval: ({ state }) => (state.data?.leaf === null ? OFTEN : false),
  });

export const readProof = (eventId: string) =>
  call(governance().GET("/v1/events/{event_id}/proof", { params: ofEvent(eventId) }));

export const readConsistency = (oldSize: number, newSize: number) =>
  call(
    governance().GET("/v1/ledger/consistency", {
      params: { query: { new_size: newSize, old_size: oldSize } },
    }),
  );

export const ledgerReport = () =>
  queryOptions({
    queryKey: ["ledger"],
    queryFn: ({ signal }) => call(governance().GET("/v1/ledger", { signal })),
    refetchInterval: SELDOM,
  });

export type ExportFormat = "csv" | "jsonl" | "bundle";

/** @throws ApiError for what the server refuses. */
export async function openExport(
  filters: EventFilters,
  format: ExportFormat,
  signal: AbortSignal,
): Promise<Response> {
  const query = queryString({ ...filters, format });
  const url = serverUrl(`governance/v1/events/export${query}`);
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (response.status === 401) signIn();
  if (!response.ok) throw errorFrom(await response.json().catch(() => undefined), response);
  return response;
}
