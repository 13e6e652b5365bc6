import { Grid, Heading, HStack, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "src/api/ApiError";
import { State } from "src/components/Badges";
import { Faces, Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { AnswerPanel } from "src/features/approvals/AnswerPanel";
import { Answers } from "src/features/approvals/Answers";
import { EarlierRequest } from "src/features/approvals/EarlierRequest";
import { EvidenceShown } from "src/features/approvals/EvidenceShown";
import {
  approvalDetail,
  type ApprovalView,
  isBeingJudged,
  type Sent,
} from "src/features/approvals/queries";
import { RequestFacts } from "src/features/approvals/RequestFacts";
import { stateText, stateTone } from "src/features/approvals/words";

export function ApprovalDetail({ requestId }: { readonly requestId: string }) {
  const [sent, setSent] = useState<Sent>();
  const query = useQuery(approvalDetail(requestId, sent !== undefined));
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Nothing title="There is no such request">
        Or it is about a Dag that you may not read.{" "}
        <To to={governancePath("approvals")}>See all approvals</To>.
      </Nothing>
    );
  }
  return (
    <Stack gap={4}>
      <To fontSize="sm" to={governancePath("approvals")} width="fit-content">
        ← All approvals
      </To>
      <Faces query={query} what="request">
        {(request) => (
          <Request
            isFresh={sent !== undefined && query.dataUpdatedAt > sent.at}
            onSent={setSent}
            request={request}
            sent={sent}
          />
        )}
      </Faces>
    </Stack>
  );
}

interface RequestProps {
  readonly request: ApprovalView;
  readonly sent: Sent | undefined;
  /** Whether the request was read since. */
  readonly isFresh: boolean;
  readonly onSent: (sent: Sent) => void;
}

function Request({ request, ...answering }: RequestProps) {
  return (
    <>
      <Stack as="header" gap={2}>
        <Heading as="h2" overflowWrap="anywhere" size="lg">
          {request.subject}
        </Heading>
        <HStack gap={2} wrap="wrap">
          <State tone={stateTone(request.state)}>
            {isBeingJudged(request) ? "Answered, not judged yet" : stateText(request.state)}
          </State>
        </HStack>
      </Stack>
      <Grid
        alignItems="start"
        gap={6}
        templateColumns={{ base: "minmax(0, 1fr)", lg: "minmax(0, 3fr) minmax(0, 2fr)" }}
      >
        <Stack gap={6}>
          <EarlierRequest request={request} />
          <EvidenceShown request={request} />
        </Stack>
        <Stack gap={6}>
          <AnswerPanel request={request} {...answering} />
          <RequestFacts request={request} />
          <Answers request={request} />
        </Stack>
      </Grid>
    </>
  );
}
