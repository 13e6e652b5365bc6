import { Button, Flex, Heading, HStack, Stack, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "src/api/ApiError";
import { State } from "src/components/Badges";
import { Faces, Nothing } from "src/components/Faces";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { useFilters } from "src/components/useFilters";
import { When } from "src/components/When";
import { ChainPicture } from "src/features/evidence/chain/ChainPicture";
import { columnsOf, openPiles, tiesOf } from "src/features/evidence/chain/layout";
import { StepList } from "src/features/evidence/chain/StepList";
import { StepPanel } from "src/features/evidence/chain/StepPanel";
import { FoundBadge } from "src/features/evidence/FoundBadge";
import { type Chain, runChain } from "src/features/evidence/queries";

interface ChainProps {
  readonly dagId: string;
  readonly runId: string;
}

/** One run from its data to its decision, and the step that was chosen. */
export function ChainPage({ dagId, runId }: ChainProps) {
  const query = useQuery(runChain(dagId, runId));
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Nothing title="This run has recorded no evidence">
        Gates, model cards, approvals and promotions record what they find when they run. If it has
        some, it is of a Dag that you may not read.{" "}
        <To to={governancePath("evidence")}>See all runs with evidence</To>.
      </Nothing>
    );
  }
  return (
    <Faces query={query} what="evidence of the run">
      {(chain) => <Shown chain={chain} />}
    </Faces>
  );
}

function Shown({ chain }: { readonly chain: Chain }) {
  const { filters, change } = useFilters(["step"]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const columns = columnsOf(chain.nodes, open);
  const piles = columns.flatMap((column) => column.piles);
  const pile =
    piles.find(({ id }) => id === filters.step) ??
    piles.find(({ steps }) => steps.some(({ node_id }) => node_id === filters.step));
  const step =
    chain.nodes.find(({ node_id }) => node_id === filters.step) ??
    (pile?.steps.length === 1 ? pile.steps[0] : undefined);
  const select = (id: string) => {
    change({ step: id === filters.step ? undefined : id });
  };
  const opened = openPiles(chain.nodes, open);
  return (
    <Stack gap={4}>
      <Header chain={chain} />
      <Stack gap={2} hideBelow="md">
        <ChainPicture
          columns={columns}
          onSelect={select}
          selected={pile?.id}
          ties={tiesOf(columns, chain.edges)}
        />
        <Flex align="center" gap={3} justify="space-between" wrap="wrap">
          <Text color="fg.muted" fontSize="xs">
            A line is there where a recorded document names what is at its beginning. A broken line:
            what it names is not what stands now. A broken frame: nothing was recorded. Choose a
            step to see all its lines and its report.
          </Text>
          {opened.length > 0 && (
            <Button
              onClick={() => {
                setOpen(new Set());
              }}
              size="xs"
              variant="outline"
            >
              Pile up mapped instances
            </Button>
          )}
        </Flex>
      </Stack>
      <Stack hideFrom="md">
        <StepList columns={columns} onSelect={select} selected={pile?.id} />
      </Stack>
      {pile !== undefined && (
        <StepPanel
          chain={chain}
          onOpen={() => {
            setOpen(new Set([...open, pile.id]));
          }}
          onSelect={select}
          pile={pile}
          step={step}
        />
      )}
    </Stack>
  );
}

function Header({ chain: { run, nodes } }: { readonly chain: Chain }) {
  const missing = nodes.filter(({ status }) => status === "missing").length;
  return (
    <Stack as="header" gap={2}>
      <Heading as="h2" overflowWrap="anywhere" size="lg">
        <SubjectLinks scope={{ dagId: run.dag_id, runId: run.run_id }} />
      </Heading>
      <HStack gap={2} wrap="wrap">
        <FoundBadge isIntact={run.changed === 0} verdict={run.verdict} />
        {run.accepted > 0 && (
          <State tone="warning">{run.accepted} accepted by a person who saw it</State>
        )}
        {run.waiting > 0 && <State tone="waiting">Waits for an answer</State>}
        {missing > 0 && <State tone="unsure">{missing} missing</State>}
        <Text color="fg.muted" fontSize="sm">
          Evidence from <When at={run.first_recorded_at} /> to <When at={run.last_recorded_at} />
        </Text>
      </HStack>
    </Stack>
  );
}
