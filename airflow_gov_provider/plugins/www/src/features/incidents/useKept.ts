import { useState } from "react";

import { type Draft, EMPTY, type MoveName, MOVES } from "src/features/incidents/draft";
import type { IncidentView } from "src/features/incidents/queries";

/** The form that is open, if one is, and what is in it. */
export interface Kept {
  readonly move: MoveName | undefined;
  readonly draft: Draft;
}

const NONE: Kept = { draft: EMPTY, move: undefined };

type Whose = Pick<IncidentView, "incident_id" | "me">;

/** Each user's own: another one who signs in at the same window finds nothing of it. */
const keyOf = ({ incident_id, me }: Whose): string =>
  `governance:incident:${incident_id}:${me ?? ""}`;

/**
 * What somebody is about to do to an incident. It outlives leaving the page and signing in again,
 * in this window and until it is sent.
 */
export function useKept(incident: IncidentView) {
  const [kept, setKept] = useState(() => read(keyOf(incident)));
  const keep = (some: Partial<Kept>) => {
    const next = { ...kept, ...some };
    setKept(next);
    write(keyOf(incident), next);
  };
  const forget = () => {
    setKept(NONE);
    drop(keyOf(incident));
  };
  return { forget, keep, kept };
}

function read(key: string): Kept {
  try {
    return keptOf(JSON.parse(sessionStorage.getItem(key) ?? "null"));
  } catch {
    return NONE; // no storage, or not what was written there
  }
}

/** Of what was stored, what this version of the page understands. */
function keptOf(stored: unknown): Kept {
  if (typeof stored !== "object" || stored === null) return NONE;
  const { move, draft } = stored as { move?: unknown; draft?: unknown };
  const names = Object.keys(EMPTY);
  const texts = Object.entries(draft ?? {}).filter(
    ([name, text]) => names.includes(name) && typeof text === "string",
  );
  return {
    draft: { ...EMPTY, ...(Object.fromEntries(texts) as Partial<Draft>) },
    move: MOVES.find((one) => one.move === move)?.move,
  };
}

function write(key: string, kept: Kept): void {
  // The duty may have been chosen for the user; it is nothing of theirs.
  const theirs = { ...kept.draft, regime: "" };
  const isNothing = kept.move === undefined && Object.values(theirs).every((text) => !text);
  if (isNothing) {
    drop(key);
    return;
  }
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Without storage it lives as long as the page.
  }
}

function drop(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // There is no storage, so nothing is in it.
  }
}
