import { queryOptions } from "@tanstack/react-query";

import { call, governance, type Schemas } from "src/api/client";
import { keysetPages } from "src/api/pages";

export type Model = Schemas["ModelItem"];
export type Version = Schemas["VersionItem"];
export type Alias = Schemas["AliasNow"];
export type Move = Schemas["AliasMoveItem"];
export type RegistryState = Schemas["RegistryState"];
export type CardDiff = Schemas["CardDiffItem"];
export type CardChange = Schemas["CardChange"];
export type Card = Schemas["EvidenceItem"];

const ASK_AGAIN = 3_000;

interface ModelFilters {
  readonly q?: string;
  readonly dag_id?: string;
}

export const modelPages = (filters: ModelFilters) =>
  keysetPages(["models", "list", filters], (cursor, signal) =>
    call(governance().GET("/v1/models", { params: { query: { ...filters, cursor } }, signal })),
  );

export const versionPages = (name: string) =>
  keysetPages(["models", "versions", name], (cursor, signal) =>
    call(governance().GET("/v1/models/versions", { params: { query: { cursor, name } }, signal })),
  );

export const modelMoves = (name: string) =>
  queryOptions({
    queryKey: ["models", "moves", name],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/models/moves", { params: { query: { name } }, signal })),
  });

/** @param at ISO 8601; now if it is undefined. */
export const modelAliases = (name: string, at: string | undefined) =>
  queryOptions({
    queryKey: ["models", "aliases", name, at],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/models/aliases", { params: { query: { at, name } }, signal })),
  });

/** What the registry says now; asked again while it has not answered. */
export const registryState = (name: string) =>
  queryOptions({
    queryKey: ["models", "registry", name],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/models/registry", { params: { query: { name } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "asking" ? ASK_AGAIN : false),
  });

export const modelCards = (model: string) =>
  queryOptions({
    queryKey: ["cards", "list", model],
    queryFn: ({ signal }) =>
      call(governance().GET("/v1/cards", { params: { query: { limit: 100, model } }, signal })),
  });

export const cardDiff = (first: string, second: string) =>
  queryOptions({
    queryKey: ["cards", "diff", first, second],
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/cards/{first}/diff/{second}", {
          params: { path: { first, second } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
