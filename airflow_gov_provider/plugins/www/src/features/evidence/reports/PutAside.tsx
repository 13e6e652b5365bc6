import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { DataTable } from "src/components/DataTable";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { type Json, number, record, records, text, texts } from "src/features/evidence/reading";

interface Rows {
  readonly checks: string;
  readonly rows: number | undefined;
}

const column = createColumnHelper<Rows>();

const COLUMNS = [
  column.accessor("rows", {
    cell: (info) => info.getValue()?.toLocaleString("en") ?? "–",
    header: "Rows",
  }),
  column.accessor("checks", { header: "What they fail" }),
];

/** How many rows a gate wrote to its quarantine, where they are and why; never a value of theirs. */
export function PutAside({ body }: { readonly body: Json }) {
  const kept = record(body.quarantine);
  if (Object.keys(kept).length === 0) return null;
  const [place, rows] = [text(kept.place), number(kept.rows) ?? 0];
  const limit = number(kept.limit)?.toLocaleString("en") ?? "?";
  const groups = records(kept.groups).map((item) => ({
    checks: texts(item.checks).join(", "),
    rows: number(item.rows),
  }));
  const shapes = Object.entries(record(kept.shapes)).map(
    ([check, found]) => `${check}: ${texts(found).join(" ")}`,
  );
  return (
    <Section
      about="The largest groups of rows that fail the same checks."
      level={3}
      title="Rows put aside"
    >
      {kept.reached_limit === true && (
        <Text>
          More rows fail than the {limit} that may be put aside; the others are not there.
        </Text>
      )}
      <Facts
        facts={[
          ["Rows", rows.toLocaleString("en")],
          ["Place", place],
          ["Digest of the file", text(kept.sha256)],
          ["Their shapes", shapes.join("; ") || undefined],
          ["Not put aside", texts(kept.left_out).join(", ") || undefined],
        ]}
      />
      {groups.length > 0 && (
        <DataTable
          columns={COLUMNS}
          label="Rows that were put aside, by the checks they fail"
          rowId={({ checks }) => checks}
          rows={groups}
        />
      )}
    </Section>
  );
}
