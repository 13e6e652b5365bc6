import { Alert, Spinner } from "@chakra-ui/react";
import { type ReactNode, useEffect } from "react";

import { To } from "src/components/Links";
import { airflowPath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { type ApprovalView, type Sent, useForgetLists } from "src/features/approvals/queries";
import { stopped } from "src/features/approvals/words";

const JUDGED_WITHIN = 60_000;

interface OutcomeProps {
  readonly request: ApprovalView;
  readonly sent: Sent;
  readonly isJudging: boolean;
}

/** What became of the answer that was sent from this page. */
export function Outcome({ request, sent, isJudging }: OutcomeProps) {
  const forget = useForgetLists();
  const now = useNow();
  useEffect(() => {
    if (request.state !== "pending") void forget();
  }, [forget, request.state]);

  const judged = request.answers.slice(sent.after);
  const counted = judged.find(({ effective }) => effective);
  const refused = judged.find(({ effective }) => !effective);
  if (counted !== undefined) return <Counted choice={counted.choice} request={request} />;
  if (refused !== undefined || request.state !== "pending") {
    return (
      <Told status="warning" title="Your answer does not count">
        {refused === undefined
          ? "It was decided meanwhile."
          : `The task says: ${stopped(refused.refusal ?? "no reason is known")}`}{" "}
        {WHAT_NOW[request.state]}
      </Told>
    );
  }
  if (isJudging) {
    return (
      <Alert.Root role="status" status="info">
        <Spinner size="sm" />
        <Alert.Title>
          Airflow has taken your answer.{" "}
          {now - sent.at > JUDGED_WITHIN
            ? "Nothing has judged it yet, for more than a minute: look whether Airflow runs tasks."
            : "The task judges it now, which takes some seconds."}
        </Alert.Title>
      </Alert.Root>
    );
  }
  return (
    <Told status="warning" title="Your answer was lost">
      The task had to begin anew before it could judge the answer, and asks again.
    </Told>
  );
}

const WHAT_NOW: Record<string, string> = {
  pending: "The question is still open.",
  superseded:
    "The question is asked anew with the evidence that stands now; look at “Waiting for me”.",
};

function Counted({ choice, request }: { readonly choice: string; readonly request: ApprovalView }) {
  const isApproved = choice === "Approve";
  return (
    <Told status="success" title={isApproved ? "Approved" : "Rejected"}>
      Your decision counts. {isApproved ? "The run goes on" : "What comes after does not run"}:{" "}
      <To
        color="inherit"
        textDecoration="underline"
        to={airflowPath({ dagId: request.dag_id, runId: request.run_id })}
      >
        see the run
      </To>
      .
    </Told>
  );
}

interface ToldProps {
  readonly status: "success" | "warning";
  readonly title: string;
  readonly children: ReactNode;
}

function Told({ status, title, children }: ToldProps) {
  return (
    <Alert.Root alignItems="start" role="status" status={status}>
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>{title}</Alert.Title>
        <Alert.Description overflowWrap="anywhere">{children}</Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}
