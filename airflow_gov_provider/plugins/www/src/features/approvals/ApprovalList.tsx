import { Stack, Tabs } from "@chakra-ui/react";
import { useInfiniteQuery } from "@tanstack/react-query";

import { DataTable } from "src/components/DataTable";
import { Faces } from "src/components/Faces";
import { LoadMore } from "src/components/LoadMore";
import { filtersOf, type Scope } from "src/components/scope";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import {
  ApprovalFilterBar,
  FILTERS,
  type FilterName,
  type Found,
} from "src/features/approvals/ApprovalFilterBar";
import { columnsFor } from "src/features/approvals/approvalColumns";
import { NoApprovals } from "src/features/approvals/NoApprovals";
import { type ApprovalFilters, approvalPages } from "src/features/approvals/queries";
import { type ListName, LISTS } from "src/features/approvals/words";

const LIST = ["list"] as const;

/** What the address asks for; the scope of a tab stands above its filters. */
function asked(list: ListName, filters: Found["filters"], scope: Scope): ApprovalFilters {
  const about = filtersOf(scope);
  const { dag, model, version, decision, since, until } = filters;
  return {
    ...about,
    dag_id: about.dag_id ?? dag,
    decision: list === "decided" ? (decision as ApprovalFilters["decision"]) : undefined,
    model_name: model,
    model_version: model === undefined ? undefined : version,
    since,
    until,
    view: list,
  };
}

/** Three lists: what waits for the reader, what waits for others, and what was decided. */
export function ApprovalList({ scope }: { readonly scope: Scope }) {
  const chosen = useFilters<"list" | FilterName>(LIST);
  const list = LISTS.find(([name]) => name === chosen.filters.list)?.[0] ?? "mine";
  return (
    <Section
      about="Questions that Dags put to people before they go on, with the evidence to decide upon."
      title="Approvals"
    >
      <Tabs.Root
        lazyMount
        onValueChange={({ value }) => {
          chosen.change({ decision: undefined, list: value === "mine" ? undefined : value });
        }}
        size="sm"
        unmountOnExit
        value={list}
        variant="subtle"
      >
        <Tabs.List flexWrap="wrap">
          {LISTS.map(([name, text]) => (
            <Tabs.Trigger key={name} value={name}>
              {text}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {LISTS.map(([name]) => (
          <Tabs.Content key={name} px={0} value={name}>
            <Requests list={name} scope={scope} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Section>
  );
}

function Requests({ list, scope }: { readonly list: ListName; readonly scope: Scope }) {
  const found = useFilters(FILTERS);
  const query = useInfiniteQuery(approvalPages(asked(list, found.filters, scope)));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const label = LISTS.find(([name]) => name === list)?.[1] ?? "Requests";
  return (
    <Stack gap={3}>
      <ApprovalFilterBar found={found} list={list} scope={scope} />
      <Faces
        empty={<NoApprovals isFiltered={found.isFiltered} list={list} scope={scope} />}
        isEmpty={() => rows.length === 0 && !query.hasNextPage}
        query={query}
        what="requests for approval"
      >
        {() => (
          <>
            <DataTable
              columns={columnsFor(list, scope)}
              label={label}
              rowId={({ request_id }) => request_id}
              rows={rows}
            />
            <LoadMore query={query} shown={rows.length} what="requests" />
          </>
        )}
      </Faces>
    </Stack>
  );
}
