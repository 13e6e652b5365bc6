import { EVERYTHING } from "src/components/scope";
import { PAGES } from "src/site/pages";
import { Shell } from "src/site/Shell";

/** Behind the Governance entry of Airflow's navigation. */
export function GovernanceSite() {
  return <Shell pages={PAGES} scope={EVERYTHING} />;
}
