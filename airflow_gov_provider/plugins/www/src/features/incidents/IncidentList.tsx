import { useInfiniteQuery } from "@tanstack/react-query";

import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { LoadMore } from "src/components/LoadMore";
import { type Scope, taskFiltersOf } from "src/components/scope";
import { Section } from "src/components/Section";
import { type Filters, useFilters } from "src/components/useFilters";
import { IncidentCounts } from "src/features/incidents/IncidentCounts";
import {
  FILTERS,
  type FilterName,
  IncidentFilterBar,
} from "src/features/incidents/IncidentFilterBar";
import { columnsFor } from "src/features/incidents/incidentColumns";
import { type IncidentFilters, incidentPages } from "src/features/incidents/queries";

/** What the address asks for; the scope of a tab stands above its filters. */
function asked(filters: Filters<FilterName>, scope: Scope): IncidentFilters {
  const { dag, state, ...rest } = filters;
  const about = taskFiltersOf(scope);
  const wanted = {
    ...rest,
    ...about,
    dag_id: about.dag_id ?? dag,
    state: state ?? "unresolved",
  };
  if (wanted.state !== "all") return wanted as IncidentFilters;
  return { ...wanted, state: undefined } as IncidentFilters;
}

export function IncidentList({ scope }: { readonly scope: Scope }) {
  const found = useFilters(FILTERS);
  const query = useInfiniteQuery(incidentPages(asked(found.filters, scope)));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section
      about="What is wrong or was: each thing once, however often it happens."
      title="Incidents"
    >
      <IncidentCounts change={found.change} filters={found.filters} scope={scope} />
      <IncidentFilterBar found={found} scope={scope} />
      <Faces
        empty={<NoIncidents found={found} />}
        isEmpty={() => rows.length === 0}
        query={query}
        what="incidents"
      >
        {() => (
          <>
            <DataTable
              columns={columnsFor(scope)}
              label="Incidents"
              rowId={({ incident_id }) => incident_id}
              rows={rows}
            />
            <LoadMore query={query} shown={rows.length} what="incidents" />
          </>
        )}
      </Faces>
    </Section>
  );
}

function NoIncidents({ found }: { readonly found: ReturnType<typeof useFilters<FilterName>> }) {
  if (found.filters.state === undefined && !found.isFiltered) {
    return (
      <Nothing title="No incidents">
        Nothing is wrong that has not been resolved. A commitment that is missed, a gate that blocks
        or an approval that is bypassed opens one; choose the state “All” to see what was resolved.
      </Nothing>
    );
  }
  return (
    <Nothing title="No incident fits the filters">
      Clear some of them, or choose the state “All” to see what was resolved as well.
    </Nothing>
  );
}
