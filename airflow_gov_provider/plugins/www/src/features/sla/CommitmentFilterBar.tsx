import { ChoiceFilter, FilterBar, TextFilter } from "src/components/FilterFields";
import type { Scope } from "src/components/scope";
import type { useFilters } from "src/components/useFilters";
import { KINDS, USUAL_WINDOW, WINDOWS } from "src/features/sla/words";

export const FILTERS = ["window", "order", "kind", "severity", "dag", "owner", "retired"] as const;
export type FilterName = (typeof FILTERS)[number];

const SEVERITIES = [
  ["critical", "Critical"],
  ["high", "High"],
  ["medium", "Medium"],
  ["low", "Low"],
] as const;

interface BarProps {
  readonly found: ReturnType<typeof useFilters<FilterName>>;
  readonly scope: Scope;
}

export function CommitmentFilterBar({ found, scope }: BarProps) {
  const { change, clear, filters, isFiltered } = found;
  const to = (name: FilterName) => (value: string | undefined) => {
    change({ [name]: value });
  };
  const windows = WINDOWS.filter(([window]) => window !== USUAL_WINDOW);
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      <ChoiceFilter
        all="30 days"
        choices={windows}
        label="Last"
        onChange={to("window")}
        value={filters.window}
        width="28"
      />
      <ChoiceFilter
        all="Most of the budget used"
        choices={[["name", "Dag and name"]]}
        label="Order"
        onChange={to("order")}
        value={filters.order}
        width="52"
      />
      {scope.taskId === undefined && (
        <ChoiceFilter choices={KINDS} label="About" onChange={to("kind")} value={filters.kind} />
      )}
      <ChoiceFilter
        choices={SEVERITIES}
        label="Severity"
        onChange={to("severity")}
        value={filters.severity}
        width="28"
      />
      {scope.dagId === undefined && (
        <TextFilter label="Dag" onChange={to("dag")} value={filters.dag} width="40" />
      )}
      <TextFilter label="Owner" onChange={to("owner")} value={filters.owner} width="36" />
      <ChoiceFilter
        all="In force"
        choices={[["true", "Taken back"]]}
        label="Commitments"
        onChange={to("retired")}
        value={filters.retired}
        width="32"
      />
    </FilterBar>
  );
}
