import { Alert, Stack } from "@chakra-ui/react";
import { useState } from "react";

import { Section } from "src/components/Section";
import { AnswerForm } from "src/features/approvals/AnswerForm";
import { Outcome } from "src/features/approvals/Outcome";
import {
  type Answer,
  type ApprovalView,
  isBeingJudged,
  type Sent,
} from "src/features/approvals/queries";
import { TooLate } from "src/features/approvals/TooLate";
import { stopped } from "src/features/approvals/words";

interface PanelProps {
  readonly request: ApprovalView;
  readonly sent: Sent | undefined;
  /** Whether the request was read since. */
  readonly isFresh: boolean;
  readonly onSent: (sent: Sent) => void;
}

type Stage = "over" | "open" | "judging";

function stageOf({ request, sent, isFresh }: PanelProps): Stage {
  if (request.state !== "pending") return "over";
  const isUnread = sent !== undefined && !isFresh && request.answers.length === sent.after;
  return isUnread || isBeingJudged(request) ? "judging" : "open";
}

/** The decision: the form, or why there is none, and what became of an answer. */
export function AnswerPanel(props: PanelProps) {
  const { request, sent, onSent } = props;
  const [late, setLate] = useState<Answer>();
  const stage = stageOf(props);
  if (stage === "over" && sent === undefined && late === undefined) return null;
  return (
    <Section level={3} title="Your decision">
      <Stack gap={3}>
        {late !== undefined && <TooLate answer={late} request={request} />}
        {sent !== undefined && (
          <Outcome isJudging={stage === "judging"} request={request} sent={sent} />
        )}
        {stage === "judging" && sent === undefined && (
          <Alert.Root role="status" status="info">
            <Alert.Indicator />
            <Alert.Title overflowWrap="anywhere">
              {stopped(request.why_not ?? "Somebody has answered, and it is not judged yet")}
            </Alert.Title>
          </Alert.Root>
        )}
        {stage === "open" && request.may_answer && (
          <AnswerForm
            onTaken={() => {
              setLate(undefined);
              onSent({ after: request.answers.length, at: Date.now() });
            }}
            onTooLate={setLate}
            request={request}
          />
        )}
        {stage === "open" && !request.may_answer && <WhyNot request={request} />}
      </Stack>
    </Section>
  );
}

function WhyNot({ request }: { readonly request: ApprovalView }) {
  return (
    <Alert.Root alignItems="start" status="neutral">
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>You cannot answer this</Alert.Title>
        <Alert.Description overflowWrap="anywhere">
          {`Because ${stopped(request.why_not ?? "Airflow does not let you")}`}
        </Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}
