import { chakra } from "@chakra-ui/react";

import { Nothing } from "src/components/Faces";
import type { OverviewData } from "src/features/overview/queries";

/** Whether nothing was ever recorded that the reader may see. */
export const isUntouched = ({ attainment, incidents, approvals, gates, ledger }: OverviewData) =>
  ledger.size + ledger.unsealed_events === 0 &&
  ledger.status !== "broken" &&
  attainment.commitments + incidents.unresolved + approvals.waiting === 0 &&
  [...gates.blocked, ...gates.warned].every((count) => count === 0) &&
  gates.last_week.passed === 0;

export function NothingYet() {
  return (
    <Nothing title="Nothing is recorded yet">
      Run a Dag: its events arrive within seconds where the collector runs. Put a{" "}
      <chakra.code>DataQualityGate</chakra.code>, a <chakra.code>BiasCheck</chakra.code> or a{" "}
      <chakra.code>HumanApprovalSensor</chakra.code> into it, and what they find appears here.
    </Nothing>
  );
}
