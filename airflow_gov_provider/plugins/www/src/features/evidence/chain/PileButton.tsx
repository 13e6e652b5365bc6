import { chakra, Flex, HStack, Text, VisuallyHidden } from "@chakra-ui/react";
import { group } from "d3-array";

import { State, type Tone } from "src/components/Badges";
import type { Pile } from "src/features/evidence/chain/layout";
import type { Step } from "src/features/evidence/queries";
import { ICONS, kindText, stepState, taskText } from "src/features/evidence/words";

/** From the worst on: what is said of many first. */
const ORDER: readonly Tone[] = ["bad", "unsure", "waiting", "warning", "good", "info", "neutral"];

interface PileProps {
  readonly pile: Pile;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

/** A step, or the instances of a mapped task, to be chosen. */
export function PileButton({ pile, isSelected, onSelect }: PileProps) {
  const Icon = ICONS[pile.kind];
  const isMissing = pile.steps.every(({ status }) => status !== "recorded");
  const [first] = pile.steps;
  if (first === undefined) return null;
  const isPile = pile.steps.length > 1;
  const title = isPile ? (first.task_id ?? "") : titleOf(first);
  const second = isPile ? `${String(pile.steps.length)} mapped instances` : secondLine(first);
  return (
    <chakra.button
      _focusVisible={{ outline: "2px solid", outlineColor: "blue.focusRing", outlineOffset: "1px" }}
      _hover={{ borderColor: "fg.info" }}
      aria-pressed={isSelected}
      bg={isSelected ? "bg.info" : "bg"}
      borderColor={isSelected ? "fg.info" : "border.emphasized"}
      borderRadius="md"
      borderStyle={isMissing ? "dashed" : "solid"}
      borderWidth="1px"
      boxShadow={isPile ? "4px 4px 0 -1px var(--chakra-colors-border-emphasized)" : undefined}
      cursor="pointer"
      height="full"
      onClick={onSelect}
      overflow="hidden"
      position="relative"
      px={2}
      py="6px"
      textAlign="start"
      title={[title, second, tally(pile.steps)].join("\n")}
      type="button"
      width="full"
    >
      <Flex direction="column" gap={1} height="full">
        <HStack gap={1} minW={0}>
          <Flex color="fg.muted" flex="none">
            <Icon aria-hidden="true" size="14" />
          </Flex>
          <VisuallyHidden>{kindText(pile.kind)} </VisuallyHidden>
          <Text fontSize="xs" fontWeight="medium" truncate>
            {title}
          </Text>
        </HStack>
        <Text color="fg.muted" fontSize="xs" truncate>
          {second}
        </Text>
        <HStack gap={1} mt="auto" overflow="hidden">
          {counted(pile.steps).map(({ tone, word, count }) => (
            <State key={word} tone={tone}>
              {count > 1 ? `${String(count)} ${word.toLowerCase()}` : word}
            </State>
          ))}
        </HStack>
      </Flex>
    </chakra.button>
  );
}

function counted(steps: readonly Step[]) {
  const groups = group(steps.map(stepState), ({ word }) => word);
  return [...groups]
    .map(([word, states]) => ({ count: states.length, tone: states[0]?.tone ?? "neutral", word }))
    .sort((one, other) => ORDER.indexOf(one.tone) - ORDER.indexOf(other.tone));
}

const tally = (steps: readonly Step[]): string =>
  counted(steps)
    .map(({ count, word }) => (count > 1 ? `${String(count)} ${word.toLowerCase()}` : word))
    .join(", ");

/** A gate by its task, other steps by what they are about. */
export const titleOf = (step: Step): string =>
  step.task_id === null ? step.title : taskText(step.task_id, step.map_index);

const fact = (step: Step, name: string): string | undefined =>
  step.facts.find((each) => each.name === name)?.value;

function secondLine(step: Step): string {
  const digest = fact(step, "SHA-256")?.slice(0, 12) ?? fact(step, "Digest in MLflow");
  switch (step.kind) {
    case "data":
      return digest === undefined ? "no digest" : `digest ${digest}`;
    case "training":
      return step.problem ?? `MLflow run ${fact(step, "MLflow run")?.slice(0, 12) ?? ""}`;
    case "approval":
      return fact(step, "Decided by") === undefined
        ? step.summary
        : `by ${fact(step, "Decided by") ?? ""}`;
    default:
      return step.problem ?? step.summary.replace(/^[A-Z]+: /, "");
  }
}
