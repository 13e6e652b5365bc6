import { Alert, Box, chakra, HStack, Stack, Text } from "@chakra-ui/react";

import { sentence, State, VerdictBadge } from "src/components/Badges";
import { CopyButton } from "src/components/CopyButton";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { Findings } from "src/features/approvals/Findings";
import type { ApprovalView, Shown } from "src/features/approvals/queries";
import { countsText, taskText } from "src/features/approvals/words";

const PREFIX = 12;
const WORST_FIRST = ["FAILED", "INSUFFICIENT", "WARNED", "PASSED"];

/** What an approver has to weigh: each gate with its verdict, and what did not pass. */
export function EvidenceShown({ request }: { readonly request: ApprovalView }) {
  const worst = (one: Shown) => WORST_FIRST.indexOf(one.verdict);
  const evidence = [...request.evidence].sort((one, other) => worst(one) - worst(other));
  return (
    <Section
      about={evidence.length === 0 ? undefined : `${countsText(evidence)}.`}
      level={3}
      title="The evidence"
    >
      {evidence.length === 0 && (
        <Alert.Root status="warning">
          <Alert.Indicator />
          <Alert.Title>
            Nothing was recorded before this request, so there is nothing to decide upon.
          </Alert.Title>
        </Alert.Root>
      )}
      <Stack as="ul" gap={3} listStyleType="none">
        {evidence.map((item) => (
          <Piece isOpen={request.state === "pending"} item={item} key={item.evidence_id} />
        ))}
      </Stack>
    </Section>
  );
}

function Piece({ item, isOpen }: { readonly item: Shown; readonly isOpen: boolean }) {
  return (
    <Box as="li" borderRadius="md" borderWidth="1px" minW={0} p={3}>
      <HStack gap={2} wrap="wrap">
        <VerdictBadge verdict={item.verdict} />
        <Text fontWeight="semibold" overflowWrap="anywhere">
          {sentence(item.kind)}: {item.subject ?? "not in the database any more"}
        </Text>
        {!item.digest_matches && <State tone="bad">Not what was recorded</State>}
        {isOpen && !item.stands && <State tone="warning">Recorded again since</State>}
      </HStack>
      <Text color="fg.muted" overflowWrap="anywhere">
        {item.summary !== null && `${withoutVerdict(item)}, `}by{" "}
        {taskText(item.task_id, item.map_index)}
      </Text>
      <Findings item={item} />
      <HStack fontSize="sm" gap={3} mt={2} wrap="wrap">
        <To to={governancePath(`evidence/${item.evidence_id}`)}>
          {item.kind === "card" ? "Read the model card" : "Read the full report"}
        </To>
        <HStack color="fg.muted" gap={0}>
          <chakra.span title={item.digest}>
            Digest <chakra.code>{item.digest.slice(0, PREFIX)}</chakra.code>
          </chakra.span>
          <CopyButton value={item.digest} what="the digest" />
        </HStack>
      </HStack>
    </Box>
  );
}

/** The summary without the verdict that stands above it. */
const withoutVerdict = ({ summary, verdict }: Shown): string =>
  (summary ?? "").replace(`${verdict}: `, "");
