import { call, governance } from "src/api/client";
import { keysetPages } from "src/api/pages";
import type { TaskFilters } from "src/components/scope";

export const incidentPages = (filters: TaskFilters) =>
  keysetPages(["incidents", filters], (cursor, signal) =>
    call(governance().GET("/v1/incidents", { params: { query: { ...filters, cursor } }, signal })),
  );
