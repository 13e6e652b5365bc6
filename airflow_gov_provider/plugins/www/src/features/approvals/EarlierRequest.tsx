import { Alert, chakra, List, Text } from "@chakra-ui/react";

import { sentence } from "src/components/Badges";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { When } from "src/components/When";
import type { ApprovalView, Earlier } from "src/features/approvals/queries";
import { stateText, taskText } from "src/features/approvals/words";

type Change = Earlier["changes"][number];

/** What changed since the same task asked before, and who answered then. */
export function EarlierRequest({ request: { earlier } }: { readonly request: ApprovalView }) {
  if (earlier === null) return null;
  return (
    <Alert.Root alignItems="start" status="info">
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>This was asked before, with other evidence</Alert.Title>
        <Alert.Description as="div">
          <Text>
            <To color="inherit" textDecoration="underline" to={path(earlier)}>
              The earlier request
            </To>{" "}
            of <When at={earlier.opened_at} /> ended as “{stateText(earlier.state).toLowerCase()}”.
          </Text>
          {earlier.changes.length > 0 && (
            <>
              <Text mt={2}>What is different now:</Text>
              <List.Root ps={4}>
                {earlier.changes.map((change) => (
                  <List.Item key={`${change.kind} ${change.task_id} ${String(change.map_index)}`}>
                    <Changed change={change} />
                  </List.Item>
                ))}
              </List.Root>
            </>
          )}
          {earlier.votes.map((vote) => (
            <Text key={vote.vote_id} mt={2} overflowWrap="anywhere">
              {vote.user_name ?? "Somebody"} answered {vote.choice} then (
              <When at={vote.answered_at} />
              ): {vote.reason}
            </Text>
          ))}
        </Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}

const path = (earlier: Earlier): string => governancePath(`approvals/${earlier.request_id}`);

function Changed({
  change: { kind, task_id, map_index, before, after },
}: {
  readonly change: Change;
}) {
  return (
    <chakra.span overflowWrap="anywhere">
      {sentence(kind)} by {taskText(task_id, map_index)}:{" "}
      {before === null && `new, ${after?.verdict.toLowerCase() ?? ""}`}
      {before !== null && after === null && "is not shown any more"}
      {before !== null && after !== null && wasAndIs(before.verdict, after.verdict)}
    </chakra.span>
  );
}

const wasAndIs = (was: string, is: string): string =>
  was === is
    ? `recorded again, ${is.toLowerCase()} as before`
    : `was ${was.toLowerCase()}, is ${is.toLowerCase()} now`;
