import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";

const MOST_RETRIES = 2;

/** Once for the bundle, so that the pages share what they have read. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: true,
      // What the server refuses it refuses again; what it could not answer it may answer now.
      retry: (failures, error) =>
        failures < MOST_RETRIES && !(error instanceof ApiError && error.isRefusal),
      staleTime: 5_000,
    },
  },
});
