import { Button, HStack, List, Text } from "@chakra-ui/react";

import { State } from "src/components/Badges";
import { Section } from "src/components/Section";
import { titleOf } from "src/features/evidence/chain/PileButton";
import type { Chain, Edge, Step } from "src/features/evidence/queries";
import { kindText } from "src/features/evidence/words";

const SAID: Record<Edge["relation"], string> = {
  counted: "was counted by",
  described: "is described by",
  judged: "was judged by",
  measured: "was read by",
  required: "is required by",
  shown: "was shown to",
  stated: "is stated by",
  trained_with: "was used by",
};

interface TiesProps {
  readonly chain: Chain;
  readonly step: Step;
  readonly onSelect: (id: string) => void;
}

/** The lines of one step in words, for those who do not see the picture and for the details. */
export function Ties({ chain, step, onSelect }: TiesProps) {
  const of = new Map(chain.nodes.map((node) => [node.node_id, node]));
  const edges = chain.edges.filter(
    ({ source, target }) => source === step.node_id || target === step.node_id,
  );
  if (edges.length === 0) return null;
  return (
    <Section level={3} title="Named by recorded documents">
      <List.Root gap={1} variant="plain">
        {edges.map((edge) => {
          const [source, target] = [of.get(edge.source), of.get(edge.target)];
          return (
            <List.Item key={`${edge.source} ${edge.target} ${edge.relation}`}>
              <HStack fontSize="sm" gap={2} wrap="wrap">
                <StepName isSelf={source === step} onSelect={onSelect} step={source} />
                <Text as="span">{SAID[edge.relation]}</Text>
                <StepName isSelf={target === step} onSelect={onSelect} step={target} />
                {!edge.holds && <State tone="bad">{edge.note ?? "does not hold"}</State>}
                {edge.holds && edge.note !== null && (
                  <Text as="span" color="fg.muted">
                    ({edge.note})
                  </Text>
                )}
              </HStack>
            </List.Item>
          );
        })}
      </List.Root>
    </Section>
  );
}

interface NameProps {
  readonly step: Step | undefined;
  readonly isSelf: boolean;
  readonly onSelect: (id: string) => void;
}

function StepName({ step, isSelf, onSelect }: NameProps) {
  if (step === undefined) return null;
  const text = `${kindText(step.kind)} ${titleOf(step)}`;
  if (isSelf) return <Text as="strong">{text}</Text>;
  return (
    <Button
      color="fg.info"
      height="auto"
      maxW="full"
      minW={0}
      onClick={() => {
        onSelect(step.node_id);
      }}
      p={0}
      size="sm"
      variant="plain"
      whiteSpace="normal"
    >
      {text}
    </Button>
  );
}
