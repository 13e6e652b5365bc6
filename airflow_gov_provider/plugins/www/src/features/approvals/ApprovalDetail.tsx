import { Grid, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { State } from "src/components/Badges";
import { DetailHeader, DetailPage } from "src/components/DetailPage";
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
  return (
    <DetailPage all="approvals" path="approvals" query={query} what="request">
      {(request) => (
        <Request
          isFresh={sent !== undefined && query.dataUpdatedAt > sent.at}
          onSent={setSent}
          request={request}
          sent={sent}
        />
      )}
    </DetailPage>
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
      <DetailHeader title={request.subject}>
        <State tone={stateTone(request.state)}>
          {isBeingJudged(request) ? "Answered, not judged yet" : stateText(request.state)}
        </State>
      </DetailHeader>
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
