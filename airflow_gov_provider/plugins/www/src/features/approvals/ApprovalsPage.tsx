import { Route, Routes, useParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { ApprovalDetail } from "src/features/approvals/ApprovalDetail";
import { ApprovalList } from "src/features/approvals/ApprovalList";

/** What waits for a decision and what was decided; in the site also one request. */
export function ApprovalsPage({ scope }: { readonly scope: Scope }) {
  if (scope.dagId !== undefined) return <ApprovalList scope={scope} />;
  return (
    <Routes>
      <Route element={<ApprovalList scope={scope} />} index />
      <Route element={<OfAddress />} path=":requestId" />
    </Routes>
  );
}

function OfAddress() {
  const { requestId = "" } = useParams();
  return <ApprovalDetail key={requestId} requestId={requestId} />;
}
