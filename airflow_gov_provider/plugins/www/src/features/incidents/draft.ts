import type { IncidentView, Move } from "src/features/incidents/queries";

/** What somebody has typed; it outlives the form, other moves and what others do meanwhile. */
export interface Draft {
  readonly comment: string;
  readonly assignee: string;
  readonly resolution: string;
  readonly regime: string;
  readonly reference: string;
  /** ISO 8601; undefined for now. */
  readonly awareAt: string | undefined;
}

export const EMPTY: Draft = {
  assignee: "",
  awareAt: undefined,
  comment: "",
  reference: "",
  regime: "",
  resolution: "",
};

/** Whether there is something that was written, and not only chosen. */
export const isTyped = ({ assignee, comment, reference }: Draft): boolean =>
  [assignee, comment, reference].some((text) => text.trim() !== "");

export type MoveName = Move["move"];

export const MOVES: readonly {
  readonly move: MoveName;
  readonly label: string;
  readonly about: string;
  readonly needsComment: boolean;
}[] = [
  {
    about: "Say that you look after it.",
    label: "Acknowledge",
    move: "acknowledge",
    needsComment: false,
  },
  { about: "Give it to somebody.", label: "Assign", move: "assign", needsComment: false },
  { about: "Say something about it.", label: "Comment", move: "comment", needsComment: true },
  { about: "Say that it is over, and why.", label: "Resolve", move: "resolve", needsComment: true },
  {
    about: "An authority has to be told: start the clock of that duty.",
    label: "Start a duty to report",
    move: "reportable",
    needsComment: false,
  },
  {
    about: "The authority was told; the clock stands still.",
    label: "Report sent",
    move: "report-sent",
    needsComment: false,
  },
  {
    about: "No report is due after all; say why.",
    label: "No report due",
    move: "report-withdrawn",
    needsComment: true,
  },
];

/** Duties that a move can be about: those that may start, or those whose clock runs. */
export function regimesFor(move: MoveName, incident: IncidentView): [string, string][] {
  if (move === "reportable") {
    const open = incident.duties.filter(({ why_not }) => why_not === null);
    return open.map(({ regime, obligation, ref, within_hours: hours }) => [
      regime,
      `${obligation} (${ref}, within ${String(hours)} h)`,
    ]);
  }
  const running = incident.reportable.filter(({ ended }) => ended === null);
  return running.map(({ regime, obligation, ref }) => [regime, `${obligation} (${ref})`]);
}

/** What is still missing before it can be sent; undefined if nothing is. */
export function missing(move: MoveName, draft: Draft): string | undefined {
  if (move === "resolve" && draft.resolution === "") return "Choose why it is over.";
  if (move.startsWith("report") && draft.regime === "") return "Choose the duty.";
  const needs = MOVES.find((one) => one.move === move)?.needsComment ?? false;
  return needs && draft.comment.trim() === "" ? "Write a comment." : undefined;
}

/** The request for a move of which nothing is missing. */
export function moveOf(move: MoveName, draft: Draft, version: number): Move {
  const comment = draft.comment.trim() === "" ? null : draft.comment;
  const text = draft.comment;
  switch (move) {
    case "acknowledge":
      return { body: { comment, version }, move };
    case "assign": {
      const assignee = draft.assignee.trim() === "" ? null : draft.assignee.trim();
      return { body: { assignee, comment, version }, move };
    }
    case "comment":
      return { body: { comment: text, version }, move };
    case "resolve": {
      const resolution = draft.resolution as "fixed";
      return { body: { comment: text, resolution, version }, move };
    }
    case "reportable":
      return { body: { aware_at: draft.awareAt, comment, regime: draft.regime, version }, move };
    case "report-sent": {
      const reference = draft.reference.trim() === "" ? null : draft.reference.trim();
      return { body: { comment, reference, regime: draft.regime, version }, move };
    }
    case "report-withdrawn":
      return { body: { comment: text, regime: draft.regime, version }, move };
  }
}
