import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";
import { call, governance, type Schemas } from "src/api/client";
import { keysetPages } from "src/api/pages";
import type { paths } from "src/api/schema.gen";
import type { TaskFilters } from "src/components/scope";

export type Incident = Schemas["IncidentItem"];
export type IncidentView = Schemas["IncidentView"];
export type Entry = Schemas["TimelineItem"];
export type Clock = Schemas["ClockItem"];

type Query = NonNullable<paths["/v1/incidents"]["get"]["parameters"]["query"]>;
/** What the list can be narrowed to; its page and cursor are the list's own affair. */
export type IncidentFilters = Omit<Query, "cursor" | "limit">;

const EVERY = 30_000;

export const incidentPages = (filters: IncidentFilters) =>
  keysetPages(["incidents", "list", filters], (cursor, signal) =>
    call(governance().GET("/v1/incidents", { params: { query: { ...filters, cursor } }, signal })),
  );

export const incidentCounts = (filters: TaskFilters) =>
  queryOptions({
    queryKey: ["incidents", "counts", filters],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/incidents/counts", { params: { query: filters }, signal })),
    refetchInterval: EVERY,
  });

const detailKey = (incidentId: string) => ["incidents", "one", incidentId];

export const incidentDetail = (incidentId: string) =>
  queryOptions({
    queryKey: detailKey(incidentId),
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/incidents/{incident_id}", {
          params: { path: { incident_id: incidentId } },
          signal,
        }),
      ),
    refetchInterval: EVERY,
  });

/** What somebody does, with the version of the incident that they have seen. */
export type Move =
  | { readonly move: "acknowledge"; readonly body: Schemas["AcknowledgeBody"] }
  | { readonly move: "assign"; readonly body: Schemas["AssignBody"] }
  | { readonly move: "comment"; readonly body: Schemas["CommentBody"] }
  | { readonly move: "resolve"; readonly body: Schemas["ResolveBody"] }
  | { readonly move: "reportable"; readonly body: Schemas["ReportableBody"] }
  | { readonly move: "report-sent"; readonly body: Schemas["ReportSentBody"] }
  | { readonly move: "report-withdrawn"; readonly body: Schemas["ReportWithdrawnBody"] };

function send(incidentId: string, { move, body }: Move) {
  const params = { path: { incident_id: incidentId } };
  const api = governance();
  switch (move) {
    case "acknowledge":
      return api.POST("/v1/incidents/{incident_id}/acknowledge", { body, params });
    case "assign":
      return api.POST("/v1/incidents/{incident_id}/assign", { body, params });
    case "comment":
      return api.POST("/v1/incidents/{incident_id}/comment", { body, params });
    case "resolve":
      return api.POST("/v1/incidents/{incident_id}/resolve", { body, params });
    case "reportable":
      return api.POST("/v1/incidents/{incident_id}/reportable", { body, params });
    case "report-sent":
      return api.POST("/v1/incidents/{incident_id}/report-sent", { body, params });
    case "report-withdrawn":
      return api.POST("/v1/incidents/{incident_id}/report-withdrawn", { body, params });
  }
}

export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409;

/**
 * Send it. A comment contradicts nothing that others do meanwhile: it is sent once more with the
 * newest version.
 */
async function perform(client: QueryClient, incidentId: string, move: Move) {
  try {
    return await call<IncidentView>(send(incidentId, move));
  } catch (error) {
    if (move.move !== "comment" || !isConflict(error)) throw error;
    const { version } = await client.fetchQuery({ ...incidentDetail(incidentId), staleTime: 0 });
    const again: Move = { body: { ...move.body, version }, move: "comment" };
    return call<IncidentView>(send(incidentId, again));
  }
}

/**
 * Do something about an incident. Where somebody else was faster, the incident is read again.
 *
 * @param onSent called once it is done, whatever page is open by then.
 */
export function useMove(incidentId: string, onSent: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (move: Move) => perform(client, incidentId, move),
    onError: async (error) => {
      if (isConflict(error)) await client.invalidateQueries({ queryKey: detailKey(incidentId) });
    },
    onSuccess: async (view) => {
      onSent();
      client.setQueryData(detailKey(incidentId), view);
      await Promise.all([
        client.invalidateQueries({ queryKey: ["incidents", "list"] }),
        client.invalidateQueries({ queryKey: ["incidents", "counts"] }),
        client.invalidateQueries({ queryKey: ["overview"] }),
      ]);
    },
  });
}
