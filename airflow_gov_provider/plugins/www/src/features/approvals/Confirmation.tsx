import { Box, Button, CloseButton, Dialog, List, Portal, Stack, Text } from "@chakra-ui/react";

import type { ApprovalView, Choice, Shown } from "src/features/approvals/queries";
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
  const altered = request.evidence.filter(
    ({ digest_matches, stands }) => !digest_matches || !stands,
  );
  return (
    <>
      <Text>
        {against.length === 0
          ? "The run goes on with the tasks after this request."
          : "The run goes on, and you accept what did not pass:"}
      </Text>
      <Pieces
        about={({ verdict }) => (verdict === "FAILED" ? "Failed" : "Insufficient")}
        pieces={against}
      />
      {altered.length > 0 && <Text>You rely on evidence that is not what it was:</Text>}
      <Pieces about={alteration} pieces={altered} />
    </>
  );
}

const alteration = ({ digest_matches, stands }: Shown): string =>
  [
    ...(digest_matches ? [] : ["Not what was recorded (its digest does not match)"]),
    ...(stands ? [] : ["Recorded again since"]),
  ].join(", ");

interface PiecesProps {
  readonly pieces: readonly Shown[];
  readonly about: (piece: Shown) => string;
}

function Pieces({ pieces, about }: PiecesProps) {
  if (pieces.length === 0) return null;
  return (
    <List.Root ps={4}>
      {pieces.map((piece) => (
        <List.Item key={piece.evidence_id} overflowWrap="anywhere">
          {about(piece)}: {piece.subject ?? piece.kind} ({taskText(piece.task_id, piece.map_index)})
        </List.Item>
      ))}
    </List.Root>
  );
}

function Rejecting() {
  return (
    <Text>
      The task fails, or the tasks directly after it are skipped, as the author of the Dag has said.
    </Text>
  );
}
