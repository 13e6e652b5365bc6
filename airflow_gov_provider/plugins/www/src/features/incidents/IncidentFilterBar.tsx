import { ChoiceFilter, FilterBar, TextFilter } from "src/components/FilterFields";
import type { Scope } from "src/components/scope";
import type { useFilters } from "src/components/useFilters";
import { KINDS, SEVERITIES, STATES } from "src/features/incidents/words";

export const FILTERS = ["state", "severity", "kind", "dag", "owner", "assignee", "q"] as const;
export type FilterName = (typeof FILTERS)[number];

interface BarProps {
  readonly found: ReturnType<typeof useFilters<FilterName>>;
  readonly scope: Scope;
}

export function IncidentFilterBar({ found, scope }: BarProps) {
  const { change, clear, filters, isFiltered } = found;
  const to = (name: FilterName) => (value: string | undefined) => {
    change({ [name]: value });
  };
  const states = [...STATES.slice(1), ["all", "All"]] as const;
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      <TextFilter label="Text" onChange={to("q")} value={filters.q} />
      <ChoiceFilter
        all="Not resolved"
        choices={states}
        label="State"
        onChange={to("state")}
        value={filters.state}
      />
      <ChoiceFilter
        choices={SEVERITIES}
        label="Severity"
        onChange={to("severity")}
        value={filters.severity}
      />
      <ChoiceFilter
        choices={KINDS}
        label="Kind"
        onChange={to("kind")}
        value={filters.kind}
        width="44"
      />
      {scope.dagId === undefined && (
        <TextFilter label="Dag" onChange={to("dag")} value={filters.dag} width="40" />
      )}
      <TextFilter label="Owner" onChange={to("owner")} value={filters.owner} width="36" />
      <TextFilter label="Assignee" onChange={to("assignee")} value={filters.assignee} width="36" />
    </FilterBar>
  );
}
