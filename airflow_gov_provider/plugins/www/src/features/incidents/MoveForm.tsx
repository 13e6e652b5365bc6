import { Alert, Button, chakra, Field, HStack, Text, Textarea } from "@chakra-ui/react";
import { type FormEvent, useState } from "react";

import { Failure } from "src/components/Faces";
import { type Draft, missing, type MoveName, MOVES } from "src/features/incidents/draft";
import { MoveFields } from "src/features/incidents/MoveFields";
import { type IncidentView, isConflict } from "src/features/incidents/queries";
import { didWhat } from "src/features/incidents/words";

const LONGEST_COMMENT = 4000;

interface FormProps {
  readonly move: MoveName;
  readonly label: string;
  readonly about: string;
  readonly incident: IncidentView;
  readonly draft: Draft;
  readonly error: unknown;
  readonly isSending: boolean;
  /** Why it is not possible any more, if somebody was faster. */
  readonly whyNot: string | undefined;
  readonly onChange: (some: Partial<Draft>) => void;
  readonly onCancel: () => void;
  readonly onSend: () => void;
}

/** What a move needs to know; it stays as typed whatever others do meanwhile. */
export function MoveForm(props: FormProps) {
  const { move, label, about, incident, draft, error, isSending, whyNot, onChange } = props;
  const [tried, setTried] = useState(false);
  const needs = MOVES.find((one) => one.move === move)?.needsComment ?? false;
  const lacking = missing(move, draft);
  const send = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (lacking === undefined && whyNot === undefined) props.onSend();
  };
  return (
    <chakra.form aria-label={label} display="flex" flexDirection="column" gap={3} onSubmit={send}>
      <Text color="fg.muted">{about}</Text>
      <Meanwhile incident={incident} key={move} />
      {error !== null && <Refusal error={error} />}
      {whyNot !== undefined && (
        <Alert.Root status="warning">
          <Alert.Indicator />
          <Alert.Title>It is not possible any more: {whyNot}.</Alert.Title>
        </Alert.Root>
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
        <Button disabled={whyNot !== undefined} loading={isSending} size="sm" type="submit">
          {label}
        </Button>
        <Button onClick={props.onCancel} size="sm" variant="ghost">
          Cancel
        </Button>
      </HStack>
    </chakra.form>
  );
}

/** What others have done since the form was opened. */
function Meanwhile({ incident }: { readonly incident: IncidentView }) {
  const [seen] = useState(incident.version);
  const last = incident.timeline.at(-1);
  if (incident.version === seen || last === undefined) return null;
  return (
    <Alert.Root status="info">
      <Alert.Indicator />
      <Alert.Title>
        Since you began, {last.actor ?? "the collector"} {didWhat(last, incident.duties)}. What you
        send is sent in the knowledge of that.
      </Alert.Title>
    </Alert.Root>
  );
}

function Refusal({ error }: { readonly error: unknown }) {
  const what = isConflict(error)
    ? "Somebody else was faster; what you typed is still here"
    : "It could not be done; what you typed is still here";
  return <Failure error={error} what={what} />;
}
