import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

import { queryClient } from "src/api/queryClient";
import { server } from "src/testing/server";

// How long a busy machine may take; what is there is found at once.
configure({ asyncUtilTimeout: 15_000 });

beforeAll(() => {
  // A request that no test has answered is a mistake of the test.
  server.listen({ onUnhandledRequest: "error" });
});
beforeEach(() => {
  localStorage.setItem("timezone", JSON.stringify("UTC"));
  // Retries are for networks; a test that waits for them only takes longer.
  queryClient.setDefaultOptions({ queries: { retry: false } });
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  queryClient.clear();
  localStorage.clear();
});
afterAll(() => {
  server.close();
});
