import { State } from "src/components/Badges";
import { stateWords } from "src/features/sla/words";

export function OutcomeState({ state }: { readonly state: string }) {
  const { text, tone } = stateWords(state);
  return <State tone={tone}>{text}</State>;
}
