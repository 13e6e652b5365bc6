import { http, HttpResponse, type JsonBodyType } from "msw";
import { setupServer } from "msw/node";

/** Stands between the pages and the network; each test says what it answers. */
export const server = setupServer();

type Method = "get" | "post" | "patch";

/** Requests that were answered, oldest first. */
export interface Asked {
  readonly url: URL;
  readonly body: unknown;
  readonly headers: Headers;
}

/**
 * Answer a path of the governance API, such as `/v1/incidents`.
 *
 * @param answer the body, or what makes it from the request; a `Response` is sent as it is.
 * @returns what has been asked there.
 */
export function answers(
  path: string,
  answer: JsonBodyType | ((asked: Asked) => JsonBodyType | Response),
  { method = "get", below = "governance" }: { method?: Method; below?: string } = {},
): Asked[] {
  const all: Asked[] = [];
  server.use(
    http[method](`*/${below}${path}`, async ({ request }) => {
      const text = await request.clone().text();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const asked = { body, headers: request.headers, url: new URL(request.url) };
      all.push(asked);
      const given = typeof answer === "function" ? answer(asked) : answer;
      return given instanceof Response ? given : HttpResponse.json(given);
    }),
  );
  return all;
}

/** An answer in the shape that the governance API gives its errors. */
export const refusal = (status: number, code: string, message: string): Response =>
  HttpResponse.json({ error: { code, details: [], message } }, { status });
