import { createColumnHelper } from "@tanstack/react-table";

import type { Schemas } from "src/api/client";
import { sentence, State, type Tone } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { IncidentView } from "src/features/incidents/queries";

const TONES: Record<string, Tone> = { dead: "bad", delivered: "good" };
const column = createColumnHelper<Schemas["NoticeItem"]>();

const columns = [
  column.accessor("channel", { header: "Channel" }),
  column.accessor("state", {
    cell: (info) => (
      <State tone={TONES[info.getValue()] ?? "waiting"}>
        {info.getValue() === "dead" ? "Given up" : sentence(info.getValue())}
      </State>
    ),
    header: "State",
  }),
  column.display({
    cell: ({ row: { original } }) => <When at={original.finished_at ?? original.due_at} />,
    header: "When",
    id: "when",
  }),
  column.accessor("last_error", { cell: (info) => info.getValue() ?? "–", header: "Last error" }),
];

/** Whom the rules have told, and whether it arrived. */
export function Notices({ incident }: { readonly incident: IncidentView }) {
  if (incident.notices.length === 0) return null;
  return (
    <Section level={3} title="Who was told">
      <DataTable columns={columns} label="Notices" rows={incident.notices} />
    </Section>
  );
}
