import { Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";

import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { FilterBar, MomentFilter } from "src/components/FilterFields";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import { When } from "src/components/When";
import { type Alias, modelAliases } from "src/features/models/queries";

const FILTERS = ["at"] as const;

const column = createColumnHelper<Alias>();
const COLUMNS = [
  column.accessor("alias", {
    cell: (info) => <strong>{info.getValue()}</strong>,
    header: "Alias",
  }),
  column.accessor("version", { header: "Version" }),
  column.accessor("since", {
    cell: ({ row: { original } }) =>
      original.since === null ? (
        <Text color="fg.muted">found there by a later promotion</Text>
      ) : (
        <When at={original.since} />
      ),
    header: "Since",
  }),
  column.accessor("evidence_id", {
    cell: ({ row: { original } }) => (
      <>
        <To to={governancePath(`evidence/${original.evidence_id}`)}>promotion</To> in{" "}
        <SubjectLinks scope={{ dagId: original.dag_id, runId: original.run_id }} />
      </>
    ),
    header: "As told by",
  }),
  column.accessor("registry", { header: "Registry" }),
];

/** Which version was live, at any time. */
export function AliasesThen({ name }: { readonly name: string }) {
  const { filters, change, clear, isFiltered } = useFilters(FILTERS);
  const query = useQuery(modelAliases(name, filters.at));
  return (
    <Section
      about="As recorded promotions tell. Choose a time to see which version was live then."
      level={3}
      title={filters.at === undefined ? "Aliases now" : "Aliases then"}
    >
      <FilterBar isFiltered={isFiltered} onClear={clear}>
        <MomentFilter
          label="As of"
          onChange={(at) => {
            change({ at });
          }}
          value={filters.at}
        />
      </FilterBar>
      <Faces
        empty={
          <Nothing
            title={isFiltered ? "No alias pointed anywhere then" : "Nothing was promoted yet"}
          >
            {isFiltered
              ? "The first promotion that is recorded came later and found no alias."
              : "PromoteModelOperator lets an alias point to a version once the evidence allows it."}
          </Nothing>
        }
        isEmpty={({ items }) => items.length === 0}
        query={query}
        what="aliases"
      >
        {({ items }) => (
          <DataTable
            columns={COLUMNS}
            label="Aliases"
            rowId={({ alias, registry }) => `${alias} ${registry}`}
            rows={items}
          />
        )}
      </Faces>
    </Section>
  );
}
