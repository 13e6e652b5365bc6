import { Facts } from "src/components/Facts";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { Section } from "src/components/Section";
import { useNow } from "src/components/useNow";
import { Age, When } from "src/components/When";
import type { ApprovalView } from "src/features/approvals/queries";
import { Deadline } from "src/features/approvals/Times";
import { approversText, modelText, votesText } from "src/features/approvals/words";

/** Who asks whom, about what, and until when. */
export function RequestFacts({ request }: { readonly request: ApprovalView }) {
  const now = useNow();
  const { model, expires_at: expires } = request;
  return (
    <Section level={3} title="The request">
      <Facts
        facts={[
          [
            "Model",
            model === null ? undefined : (
              <To to={governancePath(`models/${encodeURIComponent(model.name)}`)}>
                {modelText(request)}
              </To>
            ),
          ],
          ["Asked by", <SubjectLinks key="about" scope={scopeOf(request)} />],
          ["Requested by", request.requester ?? "A schedule or an event"],
          ["May approve", approversText(request)],
          [
            "Asked",
            <span key="asked">
              <When at={request.opened_at} /> (<Age at={request.opened_at} now={now} />)
            </span>,
          ],
          [
            "Deadline",
            expires === null ? (
              "None"
            ) : (
              <span key="deadline">
                <When at={expires} />
                {request.state === "pending" && (
                  <>
                    {" "}
                    (<Deadline request={request} />)
                  </>
                )}
              </span>
            ),
          ],
          ["Answers that count", votesText(request)],
          [
            "Decided",
            request.decided_at === null ? undefined : (
              <span key="decided">
                <When at={request.decided_at} />
                {request.decided_by !== null && ` by ${request.decided_by}`}
              </span>
            ),
          ],
          ["Reason", request.reason ?? undefined],
        ]}
      />
    </Section>
  );
}

const scopeOf = ({ dag_id, run_id, task_id, map_index }: ApprovalView) => ({
  dagId: dag_id,
  mapIndex: map_index < 0 ? undefined : map_index,
  runId: run_id,
  taskId: task_id,
});
