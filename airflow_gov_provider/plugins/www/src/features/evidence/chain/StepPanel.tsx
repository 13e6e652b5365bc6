import { Alert, Button, chakra, Grid, HStack, Stack, Text } from "@chakra-ui/react";

import { State } from "src/components/Badges";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { Pile } from "src/features/evidence/chain/layout";
import { PileButton, titleOf } from "src/features/evidence/chain/PileButton";
import { Ties } from "src/features/evidence/chain/Ties";
import { Report } from "src/features/evidence/EvidenceReport";
import { FoundBadge } from "src/features/evidence/FoundBadge";
import type { Chain, Step } from "src/features/evidence/queries";
import { evidencePath, kindText, stepState } from "src/features/evidence/words";
import { To } from "src/components/Links";

interface PanelProps {
  readonly chain: Chain;
  readonly pile: Pile;
  /** One step of the pile; undefined while none is chosen. */
  readonly step: Step | undefined;
  readonly onOpen: () => void;
  readonly onSelect: (id: string) => void;
}

/** What is known of the step that was chosen: its report, or why there is none. */
export function StepPanel({ chain, pile, step, onOpen, onSelect }: PanelProps) {
  if (step === undefined) {
    return (
      <Section
        actions={
          <Button hideBelow="md" onClick={onOpen} size="sm" variant="outline">
            Draw them one by one
          </Button>
        }
        level={3}
        title={`${kindText(pile.kind)}: ${pile.steps[0]?.task_id ?? ""}`}
      >
        <Grid gap={2} templateColumns="repeat(auto-fill, minmax(11rem, 1fr))">
          {pile.steps.map((each) => (
            <chakra.div height="84px" key={each.node_id}>
              <PileButton
                isSelected={false}
                onSelect={() => {
                  onSelect(each.node_id);
                }}
                pile={{ id: each.node_id, kind: each.kind, steps: [each] }}
              />
            </chakra.div>
          ))}
        </Grid>
      </Section>
    );
  }
  return (
    <Stack borderTopWidth="1px" gap={4} pt={4}>
      {step.evidence_id === null ? <Bare step={step} /> : <Report evidenceId={step.evidence_id} />}
      {step.earlier.length > 0 && <Replaced step={step} />}
      <Ties chain={chain} onSelect={onSelect} step={step} />
    </Stack>
  );
}

/** A step without evidence of its own: data, a training run, or one that is missing. */
function Bare({ step }: { readonly step: Step }) {
  const { tone, word } = stepState(step);
  const isMissing = step.status === "missing";
  return (
    <Section
      actions={<State tone={tone}>{word}</State>}
      title={`${kindText(step.kind)}: ${titleOf(step)}`}
    >
      {step.problem !== null && (
        <Alert.Root status={isMissing ? "warning" : "info"}>
          <Alert.Indicator />
          <Alert.Title>{step.problem}</Alert.Title>
        </Alert.Root>
      )}
      <Facts
        facts={[
          ["About", step.title],
          ["State", step.summary === "" ? undefined : step.summary],
          ...step.facts.map(({ name, value }) => [name, value] as const),
        ]}
      />
    </Section>
  );
}

function Replaced({ step }: { readonly step: Step }) {
  return (
    <Section
      about="A task that runs again records again; what it recorded before stays and counts no more."
      level={3}
      title="Replaced records"
    >
      <Stack gap={2}>
        {step.earlier.map((each) => (
          <HStack gap={3} key={each.evidence_id} wrap="wrap">
            <FoundBadge isIntact={each.intact} verdict={each.verdict} />
            <To to={evidencePath(each.evidence_id)}>{each.summary}</To>
            <Text color="fg.muted" fontSize="sm">
              try {each.try_number}, <When at={each.recorded_at} />
            </Text>
          </HStack>
        ))}
      </Stack>
    </Section>
  );
}
