import { ChoiceFilter, FilterBar, MomentFilter, TextFilter } from "src/components/FilterFields";
import type { Scope } from "src/components/scope";
import type { useFilters } from "src/components/useFilters";
import { DECISIONS, type ListName } from "src/features/approvals/words";

export const FILTERS = ["dag", "model", "version", "decision", "since", "until"] as const;
export type FilterName = (typeof FILTERS)[number];
export type Found = ReturnType<typeof useFilters<FilterName>>;

interface BarProps {
  readonly found: Found;
  readonly list: ListName;
  readonly scope: Scope;
}

export function ApprovalFilterBar({ found, list, scope }: BarProps) {
  const { change, clear, filters, isFiltered } = found;
  const to = (name: FilterName) => (value: string | undefined) => {
    change({ [name]: value });
  };
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      {scope.dagId === undefined && (
        <TextFilter label="Dag" onChange={to("dag")} value={filters.dag} />
      )}
      <TextFilter
        label="Model"
        onChange={(model) => {
          change(model === undefined ? { model, version: undefined } : { model });
        }}
        value={filters.model}
      />
      {filters.model !== undefined && (
        <TextFilter label="Version" onChange={to("version")} value={filters.version} width="24" />
      )}
      {list === "decided" && (
        <ChoiceFilter
          choices={DECISIONS}
          label="Decision"
          onChange={to("decision")}
          value={filters.decision}
        />
      )}
      <MomentFilter label="Asked from" onChange={to("since")} value={filters.since} />
      <MomentFilter label="Asked before" onChange={to("until")} value={filters.until} />
    </FilterBar>
  );
}
