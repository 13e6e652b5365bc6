import { Route, Routes, useParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { CommitmentDetail } from "src/features/sla/CommitmentDetail";
import { CommitmentList } from "src/features/sla/CommitmentList";
import { RunOutcomes } from "src/features/sla/RunOutcomes";

/** Promises and how they are kept; of a run or a task, what became of those about it. */
export function SlaPage({ scope }: { readonly scope: Scope }) {
  if (scope.runId !== undefined) return <RunOutcomes scope={scope} />;
  if (scope.dagId !== undefined) return <CommitmentList scope={scope} />;
  return (
    <Routes>
      <Route element={<CommitmentList scope={scope} />} index />
      <Route element={<OfAddress />} path=":commitmentId" />
    </Routes>
  );
}

function OfAddress() {
  const { commitmentId = "" } = useParams();
  return <CommitmentDetail commitmentId={commitmentId} key={commitmentId} />;
}
