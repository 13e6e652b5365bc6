import type { Scope } from "src/components/scope";

export const SITE = "/plugin/governance";

type Value = string | number | boolean | undefined | null;

export function queryString(filters: Readonly<Record<string, Value>>): string {
  const kept = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/**
 * Where something of governance is shown, for a `Link` of react-router.
 *
 * @param path below the site: `audit`, `incidents/7f…`; parts of it that are data are encoded.
 */
export const governancePath = (
  path: string,
  filters: Readonly<Record<string, Value>> = {},
): string => `${SITE}/${path}${queryString(filters)}`;

/** Airflow's own page of a Dag, a run or a task instance. */
export function airflowPath({ dagId, runId, taskId, mapIndex }: Scope): string {
  if (dagId === undefined) return "/dags";
  const dag = `/dags/${encodeURIComponent(dagId)}`;
  const run = runId === undefined ? dag : `${dag}/runs/${encodeURIComponent(runId)}`;
  if (taskId === undefined) return run;
  const task = `${run}/tasks/${encodeURIComponent(taskId)}`;
  return mapIndex === undefined || runId === undefined
    ? task
    : `${task}/mapped/${String(mapIndex)}`;
}
