import { Code, Text } from "@chakra-ui/react";
import { useInfiniteQuery } from "@tanstack/react-query";

import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { LoadMore } from "src/components/LoadMore";
import type { Scope } from "src/components/scope";
import { Section } from "src/components/Section";
import { useTimeZone } from "src/components/times";
import { type Filters, useFilters } from "src/components/useFilters";
import {
  CommitmentFilterBar,
  type FilterName,
  FILTERS,
} from "src/features/sla/CommitmentFilterBar";
import { columnsFor } from "src/features/sla/commitmentColumns";
import { type SummaryFilters, summaryPages } from "src/features/sla/queries";
import { USUAL_WINDOW, windowText } from "src/features/sla/words";

function asked(filters: Filters<FilterName>, scope: Scope, tz: string): SummaryFilters {
  const { dag, retired, window = USUAL_WINDOW, order = "worst", ...rest } = filters;
  return {
    ...rest,
    dag_id: scope.dagId ?? dag,
    kind: scope.taskId === undefined ? rest.kind : "task",
    order,
    retired: retired === "true",
    subject: scope.taskId,
    tz,
    window,
  } as SummaryFilters;
}

export function CommitmentList({ scope }: { readonly scope: Scope }) {
  const found = useFilters(FILTERS);
  const tz = useTimeZone();
  const query = useInfiniteQuery(summaryPages(asked(found.filters, scope, tz)));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const isCut = query.data?.pages.at(-1)?.cut ?? false;
  const window = windowText(found.filters.window ?? USUAL_WINDOW);
  return (
    <Section
      about={`What is committed to, and how well it was kept in the last ${window.replace("a year", "year")}.`}
      title="SLA commitments"
    >
      <CommitmentFilterBar found={found} scope={scope} />
      <Faces
        empty={<NoCommitments isFiltered={found.isFiltered} />}
        isEmpty={() => rows.length === 0}
        query={query}
        what="commitments"
      >
        {() => (
          <>
            <DataTable
              columns={columnsFor(scope)}
              label="Commitments"
              rowId={({ commitment_id }) => commitment_id}
              rows={rows}
            />
            <LoadMore query={query} shown={rows.length} what="commitments" />
            {isCut && (
              <Text color="fg.muted">
                There are more. Order them by Dag and name to read on, or use the filters.
              </Text>
            )}
          </>
        )}
      </Faces>
    </Section>
  );
}

function NoCommitments({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Nothing title="No commitment fits the filters">Clear some of them to see more.</Nothing>
    );
  }
  return (
    <Nothing title="There is no commitment yet">
      A Dag commits to something with <Code>deadline=sla(within="2h")</Code> in its code; a file
      that the setting <Code>[governance] commitments</Code> names makes commitments for many Dags.
      The collector notes them as soon as it has read them.
    </Nothing>
  );
}
