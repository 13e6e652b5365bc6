import { Alert, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";

import { State } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import { When } from "src/components/When";
import { AliasTimeline } from "src/features/models/AliasTimeline";
import { type Move, modelMoves } from "src/features/models/queries";

const column = createColumnHelper<Move>();
const COLUMNS = [
  column.accessor("at", { cell: (info) => <When at={info.getValue()} />, header: "When" }),
  column.accessor("alias", {
    cell: (info) => <strong>{info.getValue()}</strong>,
    header: "Alias",
  }),
  column.display({
    cell: ({ row: { original } }) => (
      <>
        <To to={governancePath(`evidence/${original.evidence_id}`)}>
          {original.previous_version ?? "none"} → {original.version}
        </To>
        {!original.changed && <Text color="fg.muted">it was there already</Text>}
        {original.moved_outside_from !== null && (
          <State tone="bad">Moved from {original.moved_outside_from} in between</State>
        )}
      </>
    ),
    header: "Version",
    id: "version",
  }),
  column.accessor("approvers", {
    cell: (info) =>
      info.getValue().length === 0
        ? "nobody was asked"
        : info.getValue().map(({ name, reason, evidence_id }) => (
            <div key={evidence_id}>
              <To to={governancePath(`evidence/${evidence_id}`)}>{name}</To>
              {reason !== null && (
                <Text color="fg.muted" fontSize="xs">
                  {reason}
                </Text>
              )}
            </div>
          )),
    header: "Approved by",
  }),
  column.display({
    cell: ({ row: { original } }) => (
      <SubjectLinks scope={{ dagId: original.dag_id, runId: original.run_id }} />
    ),
    header: "Promoted by",
    id: "run",
  }),
];

/** Every move of an alias: who, when, in which run. */
export function MoveSection({ name }: { readonly name: string }) {
  const query = useQuery(modelMoves(name));
  const { filters } = useFilters(["at"]);
  return (
    <Section
      about="Which version each alias pointed to over time, and every recorded promotion."
      level={3}
      title="History of aliases"
    >
      <Faces
        empty={
          <Nothing title="Nothing was promoted yet">
            A promotion that is carried out by PromoteModelOperator stands here.
          </Nothing>
        }
        isEmpty={({ items }) => items.length === 0}
        query={query}
        what="promotions"
      >
        {({ items, is_complete }) => (
          <>
            {items.some(({ moved_outside_from }) => moved_outside_from !== null) && (
              <Alert.Root status="error">
                <Alert.Indicator />
                <Alert.Title>
                  An alias was moved between two promotions by somebody who is not recorded
                </Alert.Title>
              </Alert.Root>
            )}
            <AliasTimeline at={filters.at} moves={items} />
            <DataTable
              columns={COLUMNS}
              label="Promotions"
              rowId={({ evidence_id }) => evidence_id}
              rows={items}
            />
            {!is_complete && (
              <Text color="fg.muted" fontSize="sm">
                The newest {items.length} are shown.
              </Text>
            )}
          </>
        )}
      </Faces>
    </Section>
  );
}
