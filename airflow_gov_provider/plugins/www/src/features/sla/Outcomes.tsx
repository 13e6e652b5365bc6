import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ComponentProps, ReactNode } from "react";

import type { Schemas } from "src/api/client";
import { DataTable } from "src/components/DataTable";
import { Faces } from "src/components/Faces";
import { LoadMore } from "src/components/LoadMore";

type Outcome = Schemas["OutcomeItem"];
interface Page {
  readonly items: Outcome[];
}

interface OutcomesProps {
  readonly columns: ComponentProps<typeof DataTable<Outcome>>["columns"];
  /** Of all pages that were read, what is shown. */
  readonly rows: Outcome[];
  readonly empty: ReactNode;
  readonly query: UseInfiniteQueryResult<InfiniteData<Page>>;
}

/** Outcomes of commitments, as many pages of them as somebody wants to see. */
export function Outcomes({ columns, rows, empty, query }: OutcomesProps) {
  return (
    <Faces empty={empty} isEmpty={() => rows.length === 0} query={query} what="outcomes">
      {() => (
        <>
          <DataTable
            columns={columns}
            label="Outcomes"
            rowId={({ outcome_id }) => outcome_id}
            rows={rows}
          />
          <LoadMore query={query} shown={rows.length} what="outcomes" />
        </>
      )}
    </Faces>
  );
}
