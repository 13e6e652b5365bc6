import { useLocation } from "react-router-dom";

import { SITE } from "src/components/paths";

/** The site of its own, and the tabs on a Dag, a run and a task instance: see `plugins/tab.py`. */
const OURS = /^.*?\/plugin\/governance(?:_\w+)?(?=\/|$)/;

/**
 * The address below which the pages lie here: of the site, or of the tab that is shown. Links
 * between pages start with it, so that a tab stays a tab.
 */
export function useBase(): string {
  const { pathname } = useLocation();
  return OURS.exec(pathname)?.[0] ?? SITE;
}
