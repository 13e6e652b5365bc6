import { Button, Field, Input, NativeSelect } from "@chakra-ui/react";
import { useId } from "react";

import { localOf, momentOf, useTimeZone } from "src/components/times";
import { type Draft, type MoveName, regimesFor } from "src/features/incidents/draft";
import type { IncidentView } from "src/features/incidents/queries";
import { RESOLUTIONS } from "src/features/incidents/words";

interface FieldsProps {
  readonly move: MoveName;
  readonly incident: IncidentView;
  readonly draft: Draft;
  readonly onChange: (some: Partial<Draft>) => void;
}

/** The fields that one move has and others do not. */
export function MoveFields({ move, incident, draft, onChange }: FieldsProps) {
  switch (move) {
    case "assign":
      return <Assignee draft={draft} incident={incident} onChange={onChange} />;
    case "resolve":
      return (
        <Choice
          choices={RESOLUTIONS}
          label="Why it is over"
          onChange={(resolution) => {
            onChange({ resolution });
          }}
          value={draft.resolution}
        />
      );
    case "reportable":
    case "report-sent":
    case "report-withdrawn":
      return (
        <>
          <Choice
            choices={regimesFor(move, incident)}
            label="Duty"
            onChange={(regime) => {
              onChange({ regime });
            }}
            value={draft.regime}
          />
          {move === "reportable" && <AwareAt draft={draft} onChange={onChange} />}
          {move === "report-sent" && <Reference draft={draft} onChange={onChange} />}
        </>
      );
    default:
      return null;
  }
}

interface ChoiceProps {
  readonly label: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ label, choices, value, onChange }: ChoiceProps) {
  return (
    <Field.Root>
      <Field.Label>{label}</Field.Label>
      <NativeSelect.Root size="sm">
        <NativeSelect.Field
          onChange={(event) => {
            onChange(event.target.value);
          }}
          value={value}
        >
          <option value="">Choose</option>
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </NativeSelect.Field>
        <NativeSelect.Indicator />
      </NativeSelect.Root>
    </Field.Root>
  );
}

function Assignee({ incident, draft, onChange }: Omit<FieldsProps, "move">) {
  const names = useId();
  const { me } = incident;
  return (
    <Field.Root>
      <Field.Label>Assignee</Field.Label>
      <Input
        list={names}
        maxLength={250}
        onChange={(event) => {
          onChange({ assignee: event.target.value });
        }}
        size="sm"
        value={draft.assignee}
      />
      <datalist id={names}>
        {incident.assignees.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {me !== null && (
        <Button
          onClick={() => {
            onChange({ assignee: me });
          }}
          size="2xs"
          variant="outline"
        >
          Assign to me
        </Button>
      )}
      <Field.HelperText>
        A name as people sign in with; empty takes it from{" "}
        {incident.assignee ?? "whoever it is assigned to"}.
      </Field.HelperText>
    </Field.Root>
  );
}

type SomeProps = Pick<FieldsProps, "draft" | "onChange">;

function AwareAt({ draft, onChange }: SomeProps) {
  const zone = useTimeZone();
  return (
    <Field.Root>
      <Field.Label>When you became aware of it</Field.Label>
      <Input
        onChange={(event) => {
          onChange({ awareAt: momentOf(event.target.value, zone) });
        }}
        size="sm"
        type="datetime-local"
        value={draft.awareAt === undefined ? "" : localOf(draft.awareAt, zone)}
      />
      <Field.HelperText>{zone}; empty means now.</Field.HelperText>
    </Field.Root>
  );
}

function Reference({ draft, onChange }: SomeProps) {
  return (
    <Field.Root>
      <Field.Label>Reference of the authority (optional)</Field.Label>
      <Input
        maxLength={250}
        onChange={(event) => {
          onChange({ reference: event.target.value });
        }}
        size="sm"
        value={draft.reference}
      />
    </Field.Root>
  );
}
