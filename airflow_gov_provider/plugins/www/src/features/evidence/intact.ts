import type { Evidence } from "src/features/evidence/queries";
import { record } from "src/features/evidence/reading";

/** Whether the document has its digest, and the columns of its row say what it says. */
export function isUnchanged({ digest_matches, document, ...row }: Evidence): boolean {
  if (!digest_matches || document === null) return false;
  const origin = record(document.origin);
  const model = record(document.model);
  return (
    document.evidence_id === row.evidence_id &&
    document.kind === row.kind &&
    document.verdict === row.verdict &&
    document.summary === row.summary &&
    document.subject === row.subject &&
    origin.dag_id === row.dag_id &&
    origin.run_id === row.run_id &&
    origin.task_id === row.task_id &&
    origin.map_index === row.map_index &&
    origin.try_number === row.try_number &&
    model.name === row.model?.name &&
    model.version === row.model?.version
  );
}
