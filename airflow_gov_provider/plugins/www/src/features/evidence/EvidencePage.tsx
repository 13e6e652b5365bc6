import { Route, Routes, useParams, useSearchParams } from "react-router-dom";

import type { Scope } from "src/components/scope";
import { Back } from "src/features/evidence/Back";
import { ChainPage } from "src/features/evidence/chain/ChainPage";
import { EvidenceReport } from "src/features/evidence/EvidenceReport";
import { EvidenceList } from "src/features/evidence/list/EvidenceList";
import { RunList } from "src/features/evidence/list/RunList";

/** Runs with what they recorded; on a run its chain, on a task instance what that recorded. */
export function EvidencePage({ scope }: { readonly scope: Scope }) {
  if (scope.taskId !== undefined) return <EvidenceList scope={scope} />;
  if (scope.dagId !== undefined && scope.runId !== undefined) {
    return <ChainPage dagId={scope.dagId} runId={scope.runId} />;
  }
  if (scope.dagId !== undefined) return <RunList scope={scope} />;
  return (
    <Routes>
      <Route element={<RunList scope={scope} />} index />
      <Route element={<RunOfAddress />} path="run" />
      <Route element={<ReportOfAddress />} path=":evidenceId" />
    </Routes>
  );
}

function RunOfAddress() {
  const [search] = useSearchParams();
  const [dagId, runId] = [search.get("dag_id") ?? "", search.get("run_id") ?? ""];
  return (
    <>
      <Back />
      <ChainPage dagId={dagId} key={`${dagId} ${runId}`} runId={runId} />
    </>
  );
}

function ReportOfAddress() {
  const { evidenceId = "" } = useParams();
  return <EvidenceReport evidenceId={evidenceId} key={evidenceId} />;
}
