import { createColumnHelper } from "@tanstack/react-table";

import { State, VerdictBadge } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { To } from "src/components/Links";
import { type Json, number, records, text } from "src/features/evidence/reading";
import { evidencePath, kindText, taskText } from "src/features/evidence/words";

interface Named {
  readonly id: string;
  readonly kind: string;
  readonly verdict: string;
  readonly digest: string;
  readonly task: string | undefined;
  readonly isAccepted: boolean;
}

const column = createColumnHelper<Named>();
const COLUMNS = [
  column.accessor("verdict", {
    cell: ({ row: { original } }) => (
      <>
        <VerdictBadge verdict={original.verdict} />{" "}
        {original.isAccepted && <State tone="warning">Accepted by a person</State>}
      </>
    ),
    header: "Verdict",
  }),
  column.accessor("kind", {
    cell: ({ row: { original } }) => (
      <To to={evidencePath(original.id)}>
        {kindText(original.kind)}
        {original.task !== undefined && ` of ${original.task}`}
      </To>
    ),
    header: "Evidence",
  }),
  column.accessor("digest", {
    cell: (info) => <code title={info.getValue()}>{info.getValue().slice(0, 16)}…</code>,
    header: "Digest that was seen",
  }),
];

const namedOf = (item: Json, accepted: ReadonlySet<string | undefined>): Named => {
  const task = text(item.task_id);
  return {
    digest: text(item.digest) ?? "",
    id: text(item.evidence_id) ?? "",
    isAccepted: accepted.has(text(item.evidence_id)),
    kind: text(item.kind) ?? "",
    task: task === undefined ? undefined : taskText(task, number(item.map_index) ?? -1),
    verdict: text(item.verdict) ?? "",
  };
};

interface NamedProps {
  readonly entries: unknown;
  readonly accepted?: unknown;
  readonly label: string;
}

/** Evidence that a document names by id and digest. */
export function NamedEvidence({ entries, accepted, label }: NamedProps) {
  const ids = new Set(records(accepted).map((item) => text(item.evidence_id)));
  const rows = records(entries).map((item) => namedOf(item, ids));
  return <DataTable columns={COLUMNS} label={label} rowId={({ id }) => id} rows={rows} />;
}
