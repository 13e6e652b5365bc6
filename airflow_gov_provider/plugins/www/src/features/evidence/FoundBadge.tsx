import { State, VerdictBadge } from "src/components/Badges";

interface FoundProps {
  readonly isIntact: boolean;
  readonly verdict: string;
}

/** The verdict of a record; of one that was changed none counts, whatever it says now. */
export function FoundBadge({ isIntact, verdict }: FoundProps) {
  if (isIntact) return <VerdictBadge verdict={verdict} />;
  return (
    <State title="What is stored is not what was recorded: no verdict counts" tone="bad">
      Changed
    </State>
  );
}
