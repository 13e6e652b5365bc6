import { Box, List, Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import type { Schemas } from "src/api/client";
import { DataTable } from "src/components/DataTable";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import type { IncidentView } from "src/features/incidents/queries";

type Affected = Schemas["AffectedDag"];
const column = createColumnHelper<Affected>();

const WAYS: Record<string, string> = {
  asset: "updates the asset",
  sensor: "is waited for by",
  trigger: "triggers it in",
};

const columns = [
  column.accessor("dag_id", {
    cell: (info) => (
      <Box minW="32">
        <SubjectLinks scope={{ dagId: info.getValue() }} />
      </Box>
    ),
    header: "Dag",
  }),
  column.accessor("steps", { header: "Steps" }),
  column.display({
    cell: ({ row: { original } }) =>
      original.after === null ? (
        "Through a Dag that you may not read"
      ) : (
        <>
          {original.after} {WAYS[original.via] ?? original.via} {original.name}
        </>
      ),
    header: "How",
    id: "how",
  }),
];

/** What lies downstream of what is wrong. */
export function BlastRadius({ incident }: { readonly incident: IncidentView }) {
  const { affected, dag_id } = incident;
  if (dag_id === null) return null;
  if (affected === null) {
    return (
      <Section level={3} title="What lies downstream">
        <Text color="fg.muted" fontSize="sm">
          The collector has not looked yet.
        </Text>
      </Section>
    );
  }
  return (
    <Section level={3} title="What lies downstream">
      {affected.dags.length === 0 ? (
        <Text color="fg.muted" fontSize="sm">
          No other Dag that you may read depends on it.
        </Text>
      ) : (
        <DataTable
          columns={columns}
          label="Dags downstream"
          rowId={({ dag_id: id }) => id}
          rows={affected.dags}
        />
      )}
      {affected.models.length > 0 && (
        <List.Root aria-label="Models downstream" fontSize="sm" ps={4}>
          {affected.models.map(({ name, version }) => (
            <List.Item key={`${name} ${version ?? ""}`}>
              Model{" "}
              <To to={governancePath(`models/${encodeURIComponent(name)}`)}>
                {name}
                {version !== null && ` version ${version}`}
              </To>
            </List.Item>
          ))}
        </List.Root>
      )}
      {affected.cut && (
        <Text color="fg.muted" fontSize="sm">
          There is more than is listed.
        </Text>
      )}
    </Section>
  );
}
