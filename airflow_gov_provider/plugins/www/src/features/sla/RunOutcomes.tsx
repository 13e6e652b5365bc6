import { useInfiniteQuery } from "@tanstack/react-query";

import { Nothing } from "src/components/Faces";
import type { Scope } from "src/components/scope";
import { Section } from "src/components/Section";
import { OF_RUN } from "src/features/sla/outcomeColumns";
import { Outcomes } from "src/features/sla/Outcomes";
import { outcomePages } from "src/features/sla/queries";

const EACH = 200; // a run has one for each commitment about it

/** What became of the commitments about a run, or about one of its tasks. */
export function RunOutcomes({ scope: { dagId, runId, taskId } }: { readonly scope: Scope }) {
  const query = useInfiniteQuery(outcomePages({ dag_id: dagId, limit: EACH, run_id: runId }));
  const all = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const rows =
    taskId === undefined
      ? all
      : all.filter(({ kind, subject }) => kind === "task" && subject === taskId);
  const about = taskId === undefined ? "run" : "task";
  return (
    <Section about={`What became of the commitments about this ${about}.`} title="SLA commitments">
      <Outcomes
        columns={OF_RUN}
        empty={
          <Nothing title={`There is no commitment about this ${about}`}>
            Commitments about its Dag are on the page of the Dag; a time of day or an asset is not
            of one run. The collector notes the commitments about a run soon after it was queued.
          </Nothing>
        }
        query={query}
        rows={rows}
      />
    </Section>
  );
}
