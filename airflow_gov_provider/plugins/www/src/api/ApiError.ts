export interface Problem {
  readonly field?: string;
  readonly message: string;
}

/** An answer that is not what was asked for, in words that a person can act on. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** The code that a program can compare, such as `not_found`. */
    readonly code: string,
    readonly problems: readonly Problem[] = [],
  ) {
    super(message);
  }

  /** Whether asking once more cannot help. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500;
  }
}

interface OurDetail {
  field?: string;
  problem?: string;
}

interface OurBody {
  error?: { code?: string; message?: string; details?: OurDetail[] };
  detail?: unknown;
}

const ours = ({ error }: OurBody, status: number): ApiError | undefined =>
  error?.message === undefined
    ? undefined
    : new ApiError(error.message, status, error.code ?? "unknown", problemsOf(error.details));

const problemsOf = (details: readonly OurDetail[] = []): Problem[] =>
  details.map(({ field, problem = "is wrong" }) => ({
    field,
    message: field === undefined || field === "" ? problem : `${field}: ${problem}`,
  }));

/** Airflow's own API says what is wrong in `detail`: a text, or a list of objects with `msg`. */
function airflows({ detail }: OurBody): string | undefined {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  const told = detail.map((item: { msg?: unknown }) => item.msg);
  return told.every((text) => typeof text === "string") ? told.join("; ") : undefined;
}

/** The error that an answer tells of, from either API. */
export function errorFrom(body: unknown, response: Response): ApiError {
  const told = typeof body === "object" && body !== null ? (body as OurBody) : {};
  const message =
    airflows(told) ??
    `the server answered ${String(response.status)} ${response.statusText}`.trim();
  return ours(told, response.status) ?? new ApiError(message, response.status, "http");
}
