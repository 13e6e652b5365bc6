import { Flex } from "@chakra-ui/react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { createColumnHelper } from "@tanstack/react-table";
import { FiTag } from "react-icons/fi";

import { State } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { FilterBar, TextFilter } from "src/components/FilterFields";
import { SubjectLinks, To } from "src/components/Links";
import { LoadMore } from "src/components/LoadMore";
import { governancePath } from "src/components/paths";
import type { Scope } from "src/components/scope";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import { When } from "src/components/When";
import { type Model, modelPages } from "src/features/models/queries";

const FILTERS = ["q"] as const;

const column = createColumnHelper<Model>();
const COLUMNS = [
  column.accessor("name", {
    cell: (info) => (
      <To fontWeight="medium" to={governancePath(`models/${encodeURIComponent(info.getValue())}`)}>
        {info.getValue()}
      </To>
    ),
    header: "Model",
  }),
  column.accessor("aliases", {
    cell: (info) => (
      <Flex gap={1} wrap="wrap">
        {info.getValue().length === 0 && "–"}
        {info.getValue().map(({ alias, version, registry }) => (
          <State Icon={FiTag} key={`${alias} ${registry}`} title={registry} tone="info">
            {alias}: version {version}
          </State>
        ))}
      </Flex>
    ),
    header: "Aliases, as last promoted",
  }),
  column.accessor("newest_version", { header: "Newest version" }),
  column.accessor("dag_id", {
    cell: (info) => <SubjectLinks scope={{ dagId: info.getValue() }} />,
    header: "Recorded by",
  }),
  column.accessor("last_recorded_at", {
    cell: (info) => <When at={info.getValue()} />,
    header: "Last evidence",
  }),
];

export function ModelList({ scope }: { readonly scope: Scope }) {
  const { filters, change, clear, isFiltered } = useFilters(FILTERS);
  const query = useInfiniteQuery(modelPages({ ...filters, dag_id: scope.dagId }));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section
      about="Registered models that evidence names, with where recorded promotions left their aliases."
      title="Models"
    >
      <FilterBar isFiltered={isFiltered} onClear={clear}>
        <TextFilter
          label="Name contains"
          onChange={(q) => {
            change({ q });
          }}
          value={filters.q}
        />
      </FilterBar>
      <Faces
        empty={
          isFiltered ? (
            <Nothing title="No model has such a name">Clear the filter to see all of them.</Nothing>
          ) : (
            <Nothing title="No evidence names a model yet">
              Give a BiasCheck or a ModelCardOperator the name and the version of a registered
              model, or promote one with PromoteModelOperator; it stands here from then on.
            </Nothing>
          )
        }
        isEmpty={() => rows.length === 0}
        query={query}
        what="models"
      >
        {() => (
          <>
            <DataTable columns={COLUMNS} label="Models" rowId={({ name }) => name} rows={rows} />
            <LoadMore query={query} shown={rows.length} what="models" />
          </>
        )}
      </Faces>
    </Section>
  );
}
