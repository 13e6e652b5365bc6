import { useSyncExternalStore } from "react";

/** Reasons that are typed and not sent, for as long as the page of Airflow is open. */
const kept = new Map<string, string>();
const listeners = new Set<() => void>();

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export function keepDraft(requestId: string, reason: string): void {
  if (reason === "") kept.delete(requestId);
  else kept.set(requestId, reason);
  for (const changed of listeners) changed();
}

/** What was typed for a request; it survives going to its evidence and coming back. */
export const useDraft = (requestId: string): string =>
  useSyncExternalStore(subscribe, () => kept.get(requestId) ?? "");
