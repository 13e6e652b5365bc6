import type { Scope } from "src/components/scope";
import { PAGES } from "src/site/pages";
import { Shell } from "src/site/Shell";

/** On the page of a Dag, a run or a task instance. */
export function GovernanceTab({ scope }: { readonly scope: Scope }) {
  const about = scope.taskId !== undefined ? "task" : scope.runId !== undefined ? "run" : "dag";
  return <Shell pages={PAGES.filter(({ tabOf }) => tabOf.includes(about))} scope={scope} />;
}
