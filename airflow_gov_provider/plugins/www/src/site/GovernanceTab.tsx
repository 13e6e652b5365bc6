import { useLocation, useSearchParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { PageBoundary } from "src/site/PageBoundary";
import { PAGES } from "src/site/pages";
import { Shell } from "src/site/Shell";

/**
 * On the page of a Dag, a run or a task instance.
 *
 * Which of the pages is shown stands in the query, since Airflow marks its tab as the current one
 * at exactly one path. What a page shows in detail opens in the site.
 */
export function GovernanceTab({ scope }: { readonly scope: Scope }) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const about = scope.taskId !== undefined ? "task" : scope.runId !== undefined ? "run" : "dag";
  const pages = PAGES.filter(({ tabOf }) => tabOf.includes(about));
  const current = pages.find(({ path }) => path === search.get("view")) ?? pages[0];
  if (current === undefined) return null;
  const entries = pages.map((page) => ({
    isCurrent: page === current,
    label: page.label,
    to: `${pathname}?view=${page.path}`,
  }));
  return (
    <Shell entries={entries}>
      <PageBoundary key={current.path} label={current.label}>
        <current.Page scope={scope} />
      </PageBoundary>
    </Shell>
  );
}
