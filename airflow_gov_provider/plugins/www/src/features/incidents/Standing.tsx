import { When } from "src/components/When";
import type { IncidentView } from "src/features/incidents/queries";

/** Who brought it to where it is, which is why it cannot be done once more. */
export function Standing({ incident }: { readonly incident: IncidentView }) {
  if (incident.state === "resolved") {
    return (
      <>
        {incident.resolved_by ?? "the collector"} resolved it <When at={incident.resolved_at} />
      </>
    );
  }
  return (
    <>
      {incident.acknowledged_by} acknowledged it <When at={incident.acknowledged_at} />
    </>
  );
}
