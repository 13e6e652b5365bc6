import { Route, Routes, useParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { IncidentDetail } from "src/features/incidents/IncidentDetail";
import { IncidentList } from "src/features/incidents/IncidentList";

/** The list, and in the site also one incident. */
export function IncidentsPage({ scope }: { readonly scope: Scope }) {
  if (scope.dagId !== undefined) return <IncidentList scope={scope} />;
  return (
    <Routes>
      <Route element={<IncidentList scope={scope} />} index />
      <Route element={<OfAddress />} path=":incidentId" />
    </Routes>
  );
}

function OfAddress() {
  const { incidentId = "" } = useParams();
  return <IncidentDetail incidentId={incidentId} key={incidentId} />;
}
