import { sentence, State } from "src/components/Badges";
import { durationText } from "src/components/times";
import { useNow } from "src/components/useNow";
import type { Clock } from "src/features/incidents/queries";

const SOON = 0.25;

/** How much time a duty to report leaves, or how it ended. */
export function ClockBadge({ clock }: { readonly clock: Clock }) {
  const now = useNow();
  if (clock.ended !== null) {
    return (
      <State tone="neutral">{clock.ended === "sent" ? "Reported" : sentence(clock.ended)}</State>
    );
  }
  const due = Date.parse(clock.due_at);
  const left = (due - now) / 1000;
  const soon = left < SOON * ((due - Date.parse(clock.aware_at)) / 1000);
  if (left < 0) return <State tone="bad">{`Report ${durationText(-left)} overdue`}</State>;
  return <State tone={soon ? "warning" : "waiting"}>{`Report within ${durationText(left)}`}</State>;
}
