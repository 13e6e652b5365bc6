import { Box, Button, Switch } from "@chakra-ui/react";
import { FiSliders } from "react-icons/fi";

import { ChoiceFilter, FilterBar, MomentFilter, TextFilter } from "src/components/FilterFields";
import type { Scope } from "src/components/scope";
import type { AuditFilterName, AuditFilters } from "src/features/audit/useAuditFilters";
import { CATEGORIES } from "src/features/audit/words";

interface BarProps {
  readonly audit: AuditFilters;
  readonly scope: Scope;
}

const SELDOM: readonly AuditFilterName[] = ["run_id", "task_id", "map_index", "type", "state"];

/** What the timeline is narrowed to; what the page is about anyway is not asked. */
export function AuditFilterBar({ audit, scope, isOpen }: BarProps & { readonly isOpen: boolean }) {
  const { filters, change, clear, isFiltered } = audit;
  const field = (name: AuditFilterName) => ({
    onChange: (value: string | undefined) => {
      change({ [name]: value });
    },
    value: filters[name],
  });
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      <TextFilter label="Search" {...field("q")} />
      {scope.dagId === undefined && <TextFilter label="Dag ID" {...field("dag_id")} width="40" />}
      <ChoiceFilter
        all="Everything"
        choices={CATEGORIES}
        label="Kind"
        {...field("category")}
        width="32"
      />
      <TextFilter label="Actor" {...field("actor")} width="28" />
      <MomentFilter label="From" {...field("since")} width="48" />
      <MomentFilter label="To" {...field("until")} width="48" />
      <Box display={{ base: "contents", md: isOpen ? "contents" : "none" }}>
        <SeldomFilters field={field} scope={scope} />
      </Box>
    </FilterBar>
  );
}

/** Whether a filter that is seldom needed is in force, so that it has to be seen. */
export const hasSeldomFilter = ({ filters }: AuditFilters): boolean =>
  SELDOM.some((name) => filters[name] !== undefined);

interface ToolsProps {
  readonly audit: AuditFilters;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** What auditors switch most, and the way to the other filters. */
export function FilterTools({ audit, isOpen, onToggle }: ToolsProps) {
  const { filters, change, hasSightings } = audit;
  return (
    <>
      <Toggle
        isOn={filters.category === "override"}
        label="Overrides only"
        onChange={(isOn) => {
          change({ category: isOn ? "override" : undefined });
        }}
      />
      <Toggle
        isOn={hasSightings}
        label="Sealed sightings"
        onChange={(isOn) => {
          change({ sightings: isOn ? "shown" : undefined });
        }}
      />
      <Button aria-expanded={isOpen} hideBelow="md" onClick={onToggle} size="sm" variant="ghost">
        <FiSliders aria-hidden="true" /> {isOpen ? "Fewer filters" : "More filters"}
      </Button>
    </>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Toggle({ label, isOn, onChange }: ToggleProps) {
  return (
    <Switch.Root
      checked={isOn}
      onCheckedChange={({ checked }) => {
        onChange(checked);
      }}
      size="sm"
    >
      <Switch.HiddenInput />
      <Switch.Control />
      <Switch.Label whiteSpace="nowrap">{label}</Switch.Label>
    </Switch.Root>
  );
}

interface SeldomProps {
  readonly scope: Scope;
  readonly field: (name: AuditFilterName) => {
    readonly value: string | undefined;
    readonly onChange: (value: string | undefined) => void;
  };
}

function SeldomFilters({ scope, field }: SeldomProps) {
  return (
    <>
      {scope.runId === undefined && <TextFilter label="Run ID" {...field("run_id")} />}
      {scope.taskId === undefined && <TextFilter label="Task ID" {...field("task_id")} />}
      {scope.mapIndex === undefined && (
        <TextFilter label="Map index (of a task)" {...field("map_index")} width="36" />
      )}
      <TextFilter label="Event type" {...field("type")} />
      <TextFilter label="State" {...field("state")} width="32" />
    </>
  );
}
