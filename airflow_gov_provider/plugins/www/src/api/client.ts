import createClient, { type Middleware } from "openapi-fetch";

import { ApiError, errorFrom } from "src/api/ApiError";
import type { components, paths } from "src/api/schema.gen";

/** The named models of the API: `Schemas["IncidentDetail"]`. */
export type Schemas = components["schemas"];

/** Address below the path under which Airflow is served; pages have a `<base>`. */
export const serverUrl = (path: string): string => new URL(path, document.baseURI).href;

/** Sign in again as Airflow's own pages do, and come back to where one was. */
export function signIn(): void {
  const { pathname, search, hash } = globalThis.location;
  const next = new URLSearchParams({ next: `${pathname}${search}${hash}` });
  globalThis.location.replace(serverUrl(`api/v2/auth/login?${next.toString()}`));
}

const signedOut: Middleware = {
  onResponse: ({ response }) => {
    if (response.status === 401) signIn();
  },
};

/**
 * The governance API, typed by its own description:
 * `call(governance().GET("/v1/events", { params: { query }, signal }))`.
 */
export function governance() {
  const client = createClient<paths>({
    baseUrl: serverUrl("governance"),
    credentials: "same-origin",
    fetch: (request) => globalThis.fetch(request),
  });
  client.use(signedOut);
  return client;
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * The data of an answer.
 *
 * @throws ApiError if the server refuses, fails or cannot be reached; an abort stays an abort.
 */
export async function call<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await reached(asked);
  if (!response.ok) throw errorFrom(error, response);
  return data as Data;
}

async function reached<Found>(asked: Promise<Found>): Promise<Found> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(
      "the server could not be reached; check the connection and try again",
      0,
      "unreachable",
    );
  }
}

/**
 * Ask Airflow's own REST API under the rights of the user who is signed in.
 *
 * @param path below `/api/v2/`, each part of it encoded.
 * @throws ApiError as `call` does.
 */
export async function airflow<Data>(
  method: "GET" | "PATCH" | "POST",
  path: string,
  options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<Data> {
  const response = await reached(
    fetch(serverUrl(`api/v2/${path}`), {
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      method,
      signal: options.signal,
    }),
  );
  if (response.status === 401) signIn();
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorFrom(body, response);
  return body as Data;
}
