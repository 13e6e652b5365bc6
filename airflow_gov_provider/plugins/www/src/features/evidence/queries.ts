import { queryOptions } from "@tanstack/react-query";

import { call, governance, type Schemas } from "src/api/client";
import { keysetPages } from "src/api/pages";
import type { paths } from "src/api/schema.gen";
import type { TaskFilters } from "src/components/scope";

export type Run = Schemas["RunItem"];
export type Chain = Schemas["RunChain"];
export type Step = Schemas["ChainNode"];
export type Edge = Schemas["ChainEdge"];
export type Evidence = Schemas["EvidenceDetail"];
export type EvidenceRow = Schemas["EvidenceItem"];
export type History = Schemas["CheckHistory"];
export type CheckSeries = Schemas["CheckSeries"];

type RunQuery = NonNullable<paths["/v1/runs"]["get"]["parameters"]["query"]>;
export type RunFilters = Omit<RunQuery, "cursor" | "limit">;

const EVERY = 15_000;

export const runPages = (filters: RunFilters) =>
  keysetPages(["runs", "list", filters], (cursor, signal) =>
    call(governance().GET("/v1/runs", { params: { query: { ...filters, cursor } }, signal })),
  );

export const runChain = (dagId: string, runId: string) =>
  queryOptions({
    queryKey: ["runs", "chain", dagId, runId],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/runs/chain", {
          params: { query: { dag_id: dagId, run_id: runId } },
          signal,
        }),
      ),
    refetchInterval: EVERY,
  });

export const evidencePages = (filters: TaskFilters) =>
  keysetPages(["evidence", "list", filters], (cursor, signal) =>
    call(governance().GET("/v1/evidence", { params: { query: { ...filters, cursor } }, signal })),
  );

export const evidenceDetail = (evidenceId: string) =>
  queryOptions({
    queryKey: ["evidence", "one", evidenceId],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/evidence/{evidence_id}", {
          params: { path: { evidence_id: evidenceId } },
          signal,
        }),
      ),
    staleTime: 60_000, // it is never changed
  });

/** The checks of the gate that recorded this evidence, in this run and the runs before it. */
export const checkHistory = (evidence: EvidenceRow) =>
  queryOptions({
    queryKey: ["checks", "history", evidence.evidence_id],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/checks/history", {
          params: {
            query: {
              dag_id: evidence.dag_id,
              kind: evidence.kind as "quality",
              map_index: evidence.map_index,
              task_id: evidence.task_id,
              until: evidence.evidence_id,
            },
          },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
