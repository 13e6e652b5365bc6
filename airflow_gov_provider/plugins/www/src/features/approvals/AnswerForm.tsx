import { Button, chakra, Field, HStack, Text, Textarea } from "@chakra-ui/react";
import { type FormEvent, useState } from "react";
import { FiCheck, FiX } from "react-icons/fi";

import { Failure } from "src/components/Faces";
import { Confirmation } from "src/features/approvals/Confirmation";
import { keepDraft, useDraft } from "src/features/approvals/drafts";
import {
  type Answer,
  type ApprovalView,
  type Choice,
  isTooLate,
  useAnswer,
} from "src/features/approvals/queries";
import { lengthOf, stopped } from "src/features/approvals/words";

interface FormProps {
  readonly request: ApprovalView;
  /** Airflow has taken it; what becomes of it is not known yet. */
  readonly onTaken: () => void;
  /** Airflow has not taken it, since somebody has answered before. */
  readonly onTooLate: (answer: Answer) => void;
}

/** A reason and two buttons; what is pressed is confirmed before it is sent. */
export function AnswerForm({ request, onTaken, onTooLate }: FormProps) {
  const reason = useDraft(request.request_id);
  const [confirming, setConfirming] = useState<Choice>();
  const [tried, setTried] = useState(false);
  const answer = useAnswer(request, {
    onTaken: () => {
      keepDraft(request.request_id, "");
      onTaken();
    },
    onTooLate,
  });
  const atLeast = request.answer_form?.min_reason_length ?? 1;
  const isShort = lengthOf(reason) < atLeast;

  const ask = (choice: Choice) => {
    setTried(true);
    if (!isShort) setConfirming(choice);
  };
  const send = (choice: Choice) => {
    answer.mutate(
      { choice, reason: reason.trim() },
      {
        onSettled: () => {
          setConfirming(undefined);
        },
      },
    );
  };
  return (
    <chakra.form
      aria-label="Your decision"
      display="flex"
      flexDirection="column"
      gap={3}
      onSubmit={(event: FormEvent) => {
        event.preventDefault(); // neither button is the one that Enter presses
      }}
    >
      {answer.error !== null && !isTooLate(answer.error) && (
        <Failure error={answer.error} what="Airflow did not take it; your reason is still here" />
      )}
      <Field.Root invalid={tried && isShort} required>
        <Field.Label>
          Reason <Field.RequiredIndicator />
        </Field.Label>
        <Textarea
          autoresize
          maxLength={request.answer_form?.max_reason_length}
          onChange={(event) => {
            keepDraft(request.request_id, event.target.value);
          }}
          rows={3}
          value={reason}
        />
        <Field.ErrorText>
          Say why in {atLeast} characters or more; it has {lengthOf(reason)}.
        </Field.ErrorText>
        <Field.HelperText>
          {atLeast} characters or more. It is kept with your name, for everyone who may read the
          Dag.
        </Field.HelperText>
      </Field.Root>
      <Buttons isSending={answer.isPending} onChoose={ask} request={request} />
      <Confirmation
        choice={confirming}
        isSending={answer.isPending}
        onCancel={() => {
          setConfirming(undefined);
        }}
        onConfirm={send}
        reason={reason}
        request={request}
      />
    </chakra.form>
  );
}

interface ButtonsProps {
  readonly request: ApprovalView;
  readonly isSending: boolean;
  readonly onChoose: (choice: Choice) => void;
}

function Buttons({ request, isSending, onChoose }: ButtonsProps) {
  const whyNot = (choice: Choice): string | null =>
    request.choices.find((one) => one.choice === choice)?.why_not ?? null;
  const barred = (["Approve", "Reject"] as const).filter((choice) => whyNot(choice) !== null);
  return (
    <>
      <HStack gap={2}>
        <Button
          colorPalette="green"
          disabled={isSending || whyNot("Approve") !== null}
          onClick={() => {
            onChoose("Approve");
          }}
          size="sm"
        >
          <FiCheck aria-hidden="true" /> Approve
        </Button>
        <Button
          colorPalette="red"
          disabled={isSending || whyNot("Reject") !== null}
          onClick={() => {
            onChoose("Reject");
          }}
          size="sm"
          variant="outline"
        >
          <FiX aria-hidden="true" /> Reject
        </Button>
      </HStack>
      {barred.map((choice) => (
        <Text color="fg.muted" key={choice}>
          You cannot {choice.toLowerCase()}: {stopped(whyNot(choice) ?? "")}
        </Text>
      ))}
    </>
  );
}
