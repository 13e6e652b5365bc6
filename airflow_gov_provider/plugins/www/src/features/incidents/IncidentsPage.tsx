import { createColumnHelper } from "@tanstack/react-table";
import { useInfiniteQuery } from "@tanstack/react-query";

import type { Schemas } from "src/api/client";
import { SeverityBadge, State } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import { Faces, Nothing } from "src/components/Faces";
import { SubjectLinks } from "src/components/Links";
import { LoadMore } from "src/components/LoadMore";
import { type Scope, scopeOf, taskFiltersOf } from "src/components/scope";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { incidentPages } from "src/features/incidents/queries";

type Incident = Schemas["IncidentItem"];
const column = createColumnHelper<Incident>();

const columns = [
  column.accessor("severity", {
    cell: (info) => <SeverityBadge severity={info.getValue()} />,
    header: "Severity",
  }),
  column.accessor("state", {
    cell: (info) => (
      <State tone={info.getValue() === "resolved" ? "good" : "waiting"}>{info.getValue()}</State>
    ),
    header: "State",
  }),
  column.accessor("title", { header: "Incident" }),
  column.display({
    cell: ({ row: { original } }) => (
      <SubjectLinks
        scope={scopeOf({
          dagId: original.dag_id ?? undefined,
          runId: original.run_id ?? undefined,
          taskId: original.task_id ?? undefined,
        })}
      />
    ),
    header: "About",
    id: "about",
  }),
  column.accessor("opened_at", {
    cell: (info) => <When at={info.getValue()} />,
    header: "Opened",
  }),
];

export function IncidentsPage({ scope }: { readonly scope: Scope }) {
  const query = useInfiniteQuery(incidentPages(taskFiltersOf(scope)));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section title="Incidents">
      <Faces
        empty={
          <Nothing title="No incidents">
            A promise that is missed or a gate that blocks opens one.
          </Nothing>
        }
        isEmpty={() => rows.length === 0}
        query={query}
        what="incidents"
      >
        {() => (
          <>
            <DataTable
              columns={columns}
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
