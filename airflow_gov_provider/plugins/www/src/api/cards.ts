import { queryOptions } from "@tanstack/react-query";

import { call, governance } from "src/api/client";

/** A model card as HTML, to be shown in a frame that lets nothing run. */
export const cardPage = (evidenceId: string) =>
  queryOptions({
    queryKey: ["cards", "html", evidenceId],
    queryFn: ({ signal }) =>
      call<string>(
        governance().GET("/v1/cards/{evidence_id}", {
          params: { path: { evidence_id: `${evidenceId}.html` } },
          parseAs: "text",
          signal,
        }) as Promise<{ data?: string; error?: unknown; response: Response }>,
      ),
    staleTime: 60_000,
  });
