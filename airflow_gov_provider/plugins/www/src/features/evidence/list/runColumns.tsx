import { Flex, HStack, Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { sentence, State, verdictTone } from "src/components/Badges";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { Scope } from "src/components/scope";
import { When } from "src/components/When";
import { FoundBadge } from "src/features/evidence/FoundBadge";
import type { Run } from "src/features/evidence/queries";
import { ICONS, KINDS, kindText, runPath } from "src/features/evidence/words";

const column = createColumnHelper<Run>();

const verdict = column.accessor("verdict", {
  cell: ({ row: { original } }) => (
    <Flex direction="column" gap={1}>
      <FoundBadge isIntact={original.changed === 0} verdict={original.verdict} />
      {original.accepted > 0 && (
        <Text color="fg.muted" fontSize="xs">
          {original.accepted} accepted by a person
        </Text>
      )}
    </Flex>
  ),
  header: "Verdict",
});
const run = column.accessor("run_id", {
  cell: ({ row: { original } }) => (
    <To fontWeight="medium" to={runPath(original.dag_id, original.run_id)}>
      {original.run_id}
    </To>
  ),
  header: "Run",
});
const dag = column.accessor("dag_id", { header: "Dag" });
const steps = column.display({
  cell: ({ row: { original } }) => <Steps run={original} />,
  header: "Steps",
  id: "steps",
});
const models = column.accessor("models", {
  cell: (info) =>
    info.getValue().map(({ name, version }) => (
      <div key={`${name} ${version}`}>
        <To to={governancePath(`models/${encodeURIComponent(name)}`)}>{name}</To> {version}
      </div>
    )),
  header: "Model and version",
});
const first = column.accessor("first_recorded_at", {
  cell: (info) => <When at={info.getValue()} />,
  header: "First evidence",
});

/** Every kind of step that there is, as icon, word and colour of its worst verdict. */
function Steps({ run: { steps: found, waiting } }: { readonly run: Run }) {
  const inOrder = KINDS.flatMap((kind) => found.filter((step) => step.kind === kind));
  return (
    <HStack gap={1} wrap="wrap">
      {inOrder.map(({ kind, count, intact, verdict: worst }) => {
        const word = intact ? sentence(worst) : "Changed";
        return (
          <State
            Icon={ICONS[kind]}
            key={kind}
            title={`${kindText(kind)}: ${word}`}
            tone={intact ? verdictTone(worst) : "bad"}
          >
            {kindText(kind)}
            {count > 1 && ` ×${String(count)}`}
            {word !== "Passed" && `: ${word.toLowerCase()}`}
          </State>
        );
      })}
      {waiting > 0 && <State tone="waiting">Waits for an answer</State>}
    </HStack>
  );
}

const ALL = [verdict, run, dag, steps, models, first];
const OF_DAG = [verdict, run, steps, models, first];

export const columnsFor = ({ dagId }: Scope) => (dagId === undefined ? ALL : OF_DAG);
