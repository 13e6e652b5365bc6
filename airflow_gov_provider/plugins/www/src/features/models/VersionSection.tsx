import { Flex } from "@chakra-ui/react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";
import { FiTag } from "react-icons/fi";

import { sentence, State, verdictTone } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { LoadMore } from "src/components/LoadMore";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { type Alias, modelAliases, type Version, versionPages } from "src/features/models/queries";

const ORDER = ["quality", "bias", "card", "approval", "promotion"];

const column = createColumnHelper<Version>();

const columnsFor = (aliases: readonly Alias[]) => [
  column.accessor("version", {
    cell: (info) => (
      <Flex align="center" gap={2} wrap="wrap">
        <strong>{info.getValue()}</strong>
        {aliases
          .filter(({ version }) => version === info.getValue())
          .map(({ alias, registry }) => (
            <State Icon={FiTag} key={`${alias} ${registry}`} tone="info">
              {alias}
            </State>
          ))}
      </Flex>
    ),
    header: "Version",
  }),
  column.accessor("evidence", {
    cell: (info) => (
      <Flex gap={1} wrap="wrap">
        {[...info.getValue()]
          .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
          .map(({ evidence_id, kind, verdict, summary }) => (
            <To key={evidence_id} title={summary} to={governancePath(`evidence/${evidence_id}`)}>
              <State tone={verdict === "CHANGED" ? "bad" : verdictTone(verdict)}>
                {sentence(kind)}
                {verdict !== "PASSED" && `: ${sentence(verdict).toLowerCase()}`}
              </State>
            </To>
          ))}
      </Flex>
    ),
    header: "Newest evidence",
  }),
  column.display({
    cell: ({ row: { original } }) => {
      const [one] = original.evidence;
      return one === undefined ? null : (
        <To to={governancePath("evidence/run", { dag_id: one.dag_id, run_id: one.run_id })}>
          {one.run_id}
        </To>
      );
    },
    header: "Run",
    id: "run",
  }),
  column.accessor("first_recorded_at", {
    cell: (info) => <When at={info.getValue()} />,
    header: "First evidence",
  }),
];

export function VersionSection({ name }: { readonly name: string }) {
  const query = useInfiniteQuery(versionPages(name));
  const { data } = useQuery(modelAliases(name, undefined));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section
      about="Those that evidence names, the one that was recorded last first."
      level={3}
      title="Versions"
    >
      <Faces
        empty={
          <Nothing title="No version is named">Evidence names a model with its version.</Nothing>
        }
        isEmpty={() => rows.length === 0}
        query={query}
        what="versions"
      >
        {() => (
          <>
            <DataTable
              columns={columnsFor(data?.items ?? [])}
              label="Versions"
              rowId={({ version }) => version}
              rows={rows}
            />
            <LoadMore query={query} shown={rows.length} what="versions" />
          </>
        )}
      </Faces>
    </Section>
  );
}
