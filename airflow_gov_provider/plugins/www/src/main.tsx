import { QueryClientProvider } from "@tanstack/react-query";

import { queryClient } from "src/api/queryClient";
import { scopeOf } from "src/components/scope";
import { GovernanceSite } from "src/site/GovernanceSite";
import { GovernanceTab } from "src/site/GovernanceTab";

/** The one component that Airflow shows: as a page of its own, or as a tab of what it is about. */
export default function Governance(props: AirflowPluginProps) {
  const scope = scopeOf(props);
  return (
    <QueryClientProvider client={queryClient}>
      {scope.dagId === undefined ? <GovernanceSite /> : <GovernanceTab scope={scope} />}
    </QueryClientProvider>
  );
}
