import { Button, chakra, Field, HStack, Text, Textarea } from "@chakra-ui/react";
import { type FormEvent, useState } from "react";

import { Failure } from "src/components/Faces";
import { type Draft, isTyped, missing, type MoveName, MOVES } from "src/features/incidents/draft";
import { Meanwhile } from "src/features/incidents/Meanwhile";
import { MoveFields } from "src/features/incidents/MoveFields";
import { type IncidentView, isConflict } from "src/features/incidents/queries";

const LONGEST_COMMENT = 4000;

interface FormProps {
  readonly move: MoveName;
  readonly label: string;
  readonly about: string;
  readonly incident: IncidentView;
  readonly draft: Draft;
  readonly error: unknown;
  readonly isSending: boolean;
  /** Whether what was done meanwhile still allows it. */
  readonly isPossible: boolean;
  readonly onChange: (some: Partial<Draft>) => void;
  readonly onCancel: () => void;
  readonly onSend: () => void;
}

/** What a move needs to know; it stays as typed whatever others do meanwhile. */
export function MoveForm(props: FormProps) {
  const { move, label, about, incident, draft, error, isSending, isPossible, onChange } = props;
  const [tried, setTried] = useState(false);
  const needs = MOVES.find((one) => one.move === move)?.needsComment ?? false;
  const lacking = missing(move, draft);
  const send = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (lacking === undefined && isPossible) props.onSend();
  };
  return (
    <chakra.form aria-label={label} display="flex" flexDirection="column" gap={3} onSubmit={send}>
      <Text color="fg.muted">{about}</Text>
      <Meanwhile
        draft={draft}
        incident={incident}
        isLate={isConflict(error)}
        isPossible={isPossible}
        isSending={isSending}
        key={move}
        label={label}
      />
      {error !== null && !isConflict(error) && (
        <Failure
          error={error}
          what={`It could not be done${isTyped(draft) ? "; what you typed is still here" : ""}`}
        />
      )}
      <MoveFields draft={draft} incident={incident} move={move} onChange={onChange} />
      <Field.Root required={needs}>
        <Field.Label>
          Comment <Field.RequiredIndicator fallback={<Text color="fg.muted">(optional)</Text>} />
        </Field.Label>
        <Textarea
          autoresize
          maxLength={LONGEST_COMMENT}
          onChange={(event) => {
            onChange({ comment: event.target.value });
          }}
          required={false}
          rows={2}
          value={draft.comment}
        />
        <Field.HelperText>
          It is kept in the timeline for everyone who may read it.
        </Field.HelperText>
      </Field.Root>
      {tried && lacking !== undefined && (
        <Text color="red.fg" role="alert">
          {lacking}
        </Text>
      )}
      <HStack>
        <Button disabled={!isPossible} loading={isSending} size="sm" type="submit">
          {label}
        </Button>
        <Button onClick={props.onCancel} size="sm" variant="ghost">
          Cancel
        </Button>
      </HStack>
    </chakra.form>
  );
}
