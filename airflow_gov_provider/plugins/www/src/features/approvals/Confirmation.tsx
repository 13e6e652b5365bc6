import { Box, Button, CloseButton, Dialog, List, Portal, Stack, Text } from "@chakra-ui/react";

import type { ApprovalView, Choice } from "src/features/approvals/queries";
import { taskText } from "src/features/approvals/words";

interface ConfirmationProps {
  /** Undefined while nothing is to be confirmed. */
  readonly choice: Choice | undefined;
  readonly request: ApprovalView;
  readonly reason: string;
  readonly isSending: boolean;
  readonly onConfirm: (choice: Choice) => void;
  readonly onCancel: () => void;
}

/** What will happen, before it does. */
export function Confirmation(props: ConfirmationProps) {
  const { choice, request, reason, isSending, onConfirm, onCancel } = props;
  return (
    <Dialog.Root
      onOpenChange={({ open }) => {
        if (!open) onCancel();
      }}
      open={choice !== undefined}
    >
      <Portal>
        <Dialog.Backdrop />
        <Dialog.Positioner>
          <Dialog.Content>
            <Dialog.Header>
              <Dialog.Title overflowWrap="anywhere">
                {choice}: {request.subject}
              </Dialog.Title>
            </Dialog.Header>
            <Dialog.Body>
              <Stack gap={3}>
                {choice === "Approve" ? <Approving request={request} /> : <Rejecting />}
                <Box borderStartWidth="2px" overflowWrap="anywhere" ps={3} whiteSpace="pre-wrap">
                  {reason.trim()}
                </Box>
                <Text color="fg.muted">
                  Your name, this reason and the digests of the evidence become evidence themselves.
                  It cannot be taken back.
                </Text>
              </Stack>
            </Dialog.Body>
            <Dialog.Footer>
              <Button onClick={onCancel} size="sm" variant="outline">
                Back
              </Button>
              <Button
                colorPalette={choice === "Approve" ? "green" : "red"}
                loading={isSending}
                onClick={() => {
                  if (choice !== undefined) onConfirm(choice);
                }}
                size="sm"
              >
                {choice === "Approve" ? "Yes, approve" : "Yes, reject"}
              </Button>
            </Dialog.Footer>
            <Dialog.CloseTrigger asChild>
              <CloseButton aria-label="Back" size="sm" />
            </Dialog.CloseTrigger>
          </Dialog.Content>
        </Dialog.Positioner>
      </Portal>
    </Dialog.Root>
  );
}

function Approving({ request }: { readonly request: ApprovalView }) {
  const against = request.evidence.filter(
    ({ verdict }) => verdict === "FAILED" || verdict === "INSUFFICIENT",
  );
  if (against.length === 0) return <Text>The run goes on with the tasks after this request.</Text>;
  return (
    <>
      <Text>The run goes on, and you accept what did not pass:</Text>
      <List.Root ps={4}>
        {against.map(({ evidence_id, kind, subject, task_id, map_index, verdict }) => (
          <List.Item key={evidence_id} overflowWrap="anywhere">
            {verdict === "FAILED" ? "Failed" : "Insufficient"}: {subject ?? kind} (
            {taskText(task_id, map_index)})
          </List.Item>
        ))}
      </List.Root>
    </>
  );
}

function Rejecting() {
  return (
    <Text>
      The task fails, or the tasks directly after it are skipped, as the author of the Dag has said.
    </Text>
  );
}
