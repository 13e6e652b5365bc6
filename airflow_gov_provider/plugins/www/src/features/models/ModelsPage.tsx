import { Route, Routes, useParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { ModelDetail } from "src/features/models/ModelDetail";
import { ModelList } from "src/features/models/ModelList";

/** The list, and in the site also one model. */
export function ModelsPage({ scope }: { readonly scope: Scope }) {
  if (scope.dagId !== undefined) return <ModelList scope={scope} />;
  return (
    <Routes>
      <Route element={<ModelList scope={scope} />} index />
      <Route element={<OfAddress />} path=":name" />
    </Routes>
  );
}

function OfAddress() {
  const { name = "" } = useParams();
  return <ModelDetail key={name} name={name} />;
}
