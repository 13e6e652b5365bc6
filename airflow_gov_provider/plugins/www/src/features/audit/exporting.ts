import { ApiError } from "src/api/ApiError";
import { type EventFilters, type ExportFormat, openExport } from "src/features/audit/queries";

export interface Progress {
  readonly bytes: number;
  /** Events so far; undefined for a zip, whose lines cannot be seen. */
  readonly events?: number;
}

export interface Exported {
  readonly name: string;
  readonly content: Blob;
  readonly events?: number;
  /** Whether there are more events than one export holds. */
  readonly isCut: boolean;
}

const TAIL = 400;
const GATHERED = 8 * 2 ** 20;
const LINE_END = 10;
const END_OF_ZIP = "PK\u0005\u0006";

/**
 * Read an export to its end.
 *
 * @throws ApiError where it is refused, or ends before its last line.
 */
export async function readExport(
  filters: EventFilters,
  format: ExportFormat,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Exported> {
  const response = await openExport(filters, format, signal);
  const received = await readAll(response, format, tell).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw brokenOff();
  });
  const end = endOf(received.tail, format);
  if (end === undefined) throw brokenOff();
  const type = response.headers.get("Content-Type") ?? "";
  return { ...end, content: new Blob(received.parts, { type }), name: nameOf(response, format) };
}

const brokenOff = () =>
  new ApiError("the download broke off before its end, so nothing was saved", 0, "torn");

async function readAll(
  response: Response,
  format: ExportFormat,
  tell: (progress: Progress) => void,
) {
  const reader = response.body?.getReader();
  const parts: Blob[] = [];
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, lines, waiting, tail] = [0, 0, 0, ""];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) break;
    gathered.push(value);
    bytes += value.length;
    waiting += value.length;
    lines +=
      format === "bundle" ? 0 : value.reduce((sum, byte) => sum + Number(byte === LINE_END), 0);
    tail = (tail + latin1(value.subarray(-TAIL))).slice(-TAIL);
    if (waiting >= GATHERED) {
      // A browser may keep a blob on disk, the bytes themselves it cannot.
      parts.push(new Blob(gathered));
      [gathered, waiting] = [[], 0];
    }
    tell({ bytes, events: format === "bundle" ? undefined : lines });
  }
  return { parts: [...parts, new Blob(gathered)], tail };
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** What the end of a file says; undefined if it is not the end. */
export function endOf(
  tail: string,
  format: ExportFormat,
): { readonly events?: number; readonly isCut: boolean } | undefined {
  if (format === "bundle") return tail.includes(END_OF_ZIP) ? { isCut: false } : undefined;
  const pattern =
    format === "csv"
      ? /(?:^|\n)end of export,(\d+),(complete|there are more)[^\n]*\r?\n$/
      : /(?:^|\n)\{"end_of_export":\{"events":(\d+),"is_cut":(false|true)\}\}\n$/;
  const [, events, said] = pattern.exec(tail) ?? [];
  return events === undefined
    ? undefined
    : { events: Number(events), isCut: said !== "complete" && said !== "false" };
}

function nameOf(response: Response, format: ExportFormat): string {
  const said = response.headers.get("Content-Disposition") ?? "";
  return /filename="([\w.-]+)"/.exec(said)?.[1] ?? `events.${format === "bundle" ? "zip" : format}`;
}

/** Hand a file to the browser, as if a link to it had been clicked. */
export function save({ name, content }: Exported): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}
