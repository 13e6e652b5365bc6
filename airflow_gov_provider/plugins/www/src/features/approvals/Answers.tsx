import { Box, chakra, HStack, Text } from "@chakra-ui/react";

import { State } from "src/components/Badges";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { ApprovalView, Vote } from "src/features/approvals/queries";
import { stopped } from "src/features/approvals/words";

/** Every answer that was given, those without effect as well, the newest first. */
export function Answers({ request }: { readonly request: ApprovalView }) {
  if (request.answers.length === 0) return null;
  return (
    <Section level={3} title="Answers">
      <chakra.ol listStyleType="none">
        {[...request.answers].reverse().map((vote) => (
          <Given key={vote.vote_id} vote={vote} />
        ))}
      </chakra.ol>
    </Section>
  );
}

function Given({ vote }: { readonly vote: Vote }) {
  return (
    <chakra.li borderTopWidth="1px" py={2}>
      <HStack gap={2} wrap="wrap">
        <Text fontWeight="semibold" overflowWrap="anywhere">
          {vote.user_name ?? "Somebody"}
        </Text>
        <State tone={vote.effective ? (vote.choice === "Approve" ? "good" : "bad") : "neutral"}>
          {vote.choice}
          {!vote.effective && ", without effect"}
        </State>
        <Box color="fg.muted" fontSize="sm">
          <When at={vote.answered_at} />
        </Box>
      </HStack>
      {vote.reason !== "" && (
        <Box borderStartWidth="2px" mt={1} overflowWrap="anywhere" ps={3} whiteSpace="pre-wrap">
          {vote.reason}
        </Box>
      )}
      {vote.refusal !== null && (
        <Text color="fg.muted" mt={1} overflowWrap="anywhere">
          It does not count: {stopped(vote.refusal)}
        </Text>
      )}
    </chakra.li>
  );
}
