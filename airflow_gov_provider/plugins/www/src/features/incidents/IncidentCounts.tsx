import { Button, HStack, Skeleton, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { SeverityBadge } from "src/components/Badges";
import { type Scope, taskFiltersOf } from "src/components/scope";
import type { Filters } from "src/components/useFilters";
import type { FilterName } from "src/features/incidents/IncidentFilterBar";
import { incidentCounts } from "src/features/incidents/queries";
import { SEVERITIES } from "src/features/incidents/words";

interface CountsProps {
  readonly scope: Scope;
  readonly filters: Filters<FilterName>;
  readonly change: (some: Filters<FilterName>) => void;
}

/** How many are not resolved, by severity; each number is a filter. */
export function IncidentCounts({ scope, filters, change }: CountsProps) {
  const { data } = useQuery(incidentCounts(taskFiltersOf(scope)));
  if (data === undefined) return <Skeleton height="8" width="80" />;
  const open = data.items.filter(({ state }) => state !== "resolved");
  const of = (severity: string) =>
    open.filter((one) => one.severity === severity).reduce((sum, { count }) => sum + count, 0);
  const unacknowledged = open
    .filter(({ state }) => state === "open")
    .reduce((sum, { count }) => sum + count, 0);
  return (
    <HStack aria-label="Incidents that are not resolved" gap={2} role="group" wrap="wrap">
      <Text fontWeight="semibold">{data.unresolved} not resolved</Text>
      <Text color="fg.muted">{unacknowledged} not acknowledged</Text>
      {SEVERITIES.filter(([severity]) => of(severity) > 0).map(([severity]) => {
        const isChosen = filters.severity === severity;
        return (
          <Button
            aria-pressed={isChosen}
            key={severity}
            onClick={() => {
              change({ severity: isChosen ? undefined : severity, state: undefined });
            }}
            size="xs"
            variant={isChosen ? "subtle" : "outline"}
          >
            <SeverityBadge severity={severity} /> {of(severity)}
          </Button>
        );
      })}
    </HStack>
  );
}
