import { useInfiniteQuery } from "@tanstack/react-query";

import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { ChoiceFilter, FilterBar, MomentFilter, TextFilter } from "src/components/FilterFields";
import { LoadMore } from "src/components/LoadMore";
import type { Scope } from "src/components/scope";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import { columnsFor } from "src/features/evidence/list/runColumns";
import { type RunFilters, runPages } from "src/features/evidence/queries";
import { VERDICTS } from "src/features/evidence/words";

const FILTERS = ["dag", "model", "verdict", "since", "until"] as const;
type Name = (typeof FILTERS)[number];

export function RunList({ scope }: { readonly scope: Scope }) {
  const found = useFilters(FILTERS);
  const { dag, ...rest } = found.filters;
  const asked = { ...rest, dag_id: scope.dagId ?? dag } as RunFilters;
  const query = useInfiniteQuery(runPages(asked));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section
      about="Dag runs that recorded evidence, with what every step found."
      title="Runs and evidence"
    >
      <RunFilterBar found={found} scope={scope} />
      <Faces
        empty={<NoRuns isFiltered={found.isFiltered} />}
        isEmpty={() => rows.length === 0 && !query.hasNextPage}
        query={query}
        what="runs"
      >
        {() => (
          <>
            <DataTable
              columns={columnsFor(scope)}
              label="Runs with evidence"
              rowId={(run) => `${run.dag_id} ${run.run_id}`}
              rows={rows}
            />
            <LoadMore query={query} shown={rows.length} what="runs" />
          </>
        )}
      </Faces>
    </Section>
  );
}

interface BarProps {
  readonly found: ReturnType<typeof useFilters<Name>>;
  readonly scope: Scope;
}

function RunFilterBar({ found, scope }: BarProps) {
  const { change, clear, filters, isFiltered } = found;
  const to = (name: Name) => (value: string | undefined) => {
    change({ [name]: value });
  };
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      {scope.dagId === undefined && (
        <TextFilter label="Dag" onChange={to("dag")} value={filters.dag} />
      )}
      <TextFilter label="Model" onChange={to("model")} value={filters.model} />
      <ChoiceFilter
        choices={VERDICTS}
        label="Verdict"
        onChange={to("verdict")}
        value={filters.verdict}
      />
      <MomentFilter label="From" onChange={to("since")} value={filters.since} />
      <MomentFilter label="Until" onChange={to("until")} value={filters.until} />
    </FilterBar>
  );
}

function NoRuns({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Nothing title="No run fits the filters">
        Clear some of them. Dags and models are found by their whole names.
      </Nothing>
    );
  }
  return (
    <Nothing title="No run has recorded evidence yet">
      Put a DataQualityGate, a BiasCheck or a ModelCardOperator into a Dag and run it: what it finds
      stands here from then on.
    </Nothing>
  );
}
