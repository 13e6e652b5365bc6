import { Button, Code, Stack, Text } from "@chakra-ui/react";
import { useMutation } from "@tanstack/react-query";
import { FiShield } from "react-icons/fi";

import { State } from "src/components/Badges";
import { Failure } from "src/components/Faces";
import { Facts } from "src/components/Facts";
import { When } from "src/components/When";
import { type EventDetail, readConsistency, readProof } from "src/features/audit/queries";
import { checkEvent, type Step, type Verdict, verdictOf } from "src/features/audit/verify/check";
import { type Kept, keepCheckpoint } from "src/features/audit/verify/kept";
import { Steps } from "src/features/audit/verify/Steps";
import { number } from "src/features/audit/words";

/** Where an event stands in the ledger, and whether it can be proved in this browser. */
export function LedgerPlace({ event }: { readonly event: EventDetail }) {
  const check = useMutation({
    mutationFn: async () => checkEvent(await readProof(event.event_id), event, readConsistency),
  });
  const { leaf } = event;
  if (leaf === null || leaf === undefined) {
    return (
      <Stack align="start">
        <State tone="waiting">Waiting to be sealed</State>
        <Text color="fg.muted">The collector seals within seconds what arrives.</Text>
      </Stack>
    );
  }
  return (
    <Stack align="stretch" gap={3}>
      <Facts
        facts={[
          ["Leaf", number(leaf.leaf_index)],
          ["Sealed", <When at={leaf.sealed_at} key="at" />],
        ]}
      />
      {!leaf.is_unchanged && <State tone="bad">Not what was sealed</State>}
      <Button
        alignSelf="start"
        loading={check.isPending}
        loadingText="Verifying"
        onClick={() => {
          check.mutate();
        }}
        size="sm"
        variant="outline"
      >
        <FiShield aria-hidden="true" /> Verify in this browser
      </Button>
      {check.error !== null && <Failure error={check.error} what="The proof could not be read" />}
      {check.data !== undefined && (
        <Outcome
          onTrust={(kept) => {
            keepCheckpoint(kept);
            check.mutate();
          }}
          steps={check.data}
        />
      )}
    </Stack>
  );
}

const WORDS: Record<Verdict, string> = {
  bad: "Not verified",
  good: "Verified",
  unsure: "Verified as far as possible",
};

interface OutcomeProps {
  readonly steps: readonly Step[];
  readonly onTrust: (kept: Kept) => void;
}

function Outcome({ steps, onTrust }: OutcomeProps) {
  const verdict = verdictOf(steps);
  const toTrust = steps.find((step) => step.onTrust !== undefined)?.onTrust;
  return (
    <Stack
      aria-live="polite"
      gap={2}
      ref={(element: HTMLElement | null) => element?.scrollIntoView({ block: "nearest" })}
    >
      <State tone={verdict}>{WORDS[verdict]}</State>
      <Steps steps={steps} />
      {toTrust !== undefined && (
        <Button
          alignSelf="start"
          onClick={() => {
            onTrust(toTrust);
          }}
          size="sm"
          variant="outline"
        >
          I have compared the new key: trust it from now on
        </Button>
      )}
      <Text color="fg.muted" fontSize="sm">
        The keys came from this server. Compare them with those that you were given another way;{" "}
        <Code size="sm">airflow governance ledger keys</Code> prints them.
      </Text>
    </Stack>
  );
}
