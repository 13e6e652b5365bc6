import { Alert, Button, HStack, Stack, Text } from "@chakra-ui/react";
import { useState } from "react";

import { Section } from "src/components/Section";
import { type MoveName, MOVES, moveOf, regimesFor } from "src/features/incidents/draft";
import { MoveForm } from "src/features/incidents/MoveForm";
import type { IncidentView } from "src/features/incidents/queries";
import { useMove } from "src/features/incidents/queries";
import { Standing } from "src/features/incidents/Standing";
import { useKept } from "src/features/incidents/useKept";

/** What may be done about an incident, and why the rest may not. */
export function Moves({ incident }: { readonly incident: IncidentView }) {
  const { kept, keep, forget } = useKept(incident);
  const { move: chosen, draft } = kept;
  const [done, setDone] = useState("");
  const move = useMove(incident.incident_id, forget);
  const refusals = new Map(incident.moves.map(({ move: name, why_not }) => [name, why_not]));
  const whyNot = (name: string) => refusals.get(name) ?? undefined;
  const offered = MOVES.filter(({ move: name }) => whyNot(name) === undefined);
  const current = MOVES.find(({ move: name }) => name === chosen);
  return (
    <Section level={3} title="What to do">
      {offered.length === 0 ? (
        <Alert.Root status="info">
          <Alert.Indicator />
          <Alert.Title>You cannot change it: {incident.moves[0]?.why_not}.</Alert.Title>
        </Alert.Root>
      ) : (
        <HStack gap={2} wrap="wrap">
          {MOVES.filter(({ move: name }) => whyNot(name) === undefined || !isReport(name)).map(
            ({ move: name, label }) => (
              <Button
                aria-expanded={chosen === name}
                disabled={whyNot(name) !== undefined}
                key={name}
                onClick={() => {
                  move.reset();
                  setDone("");
                  keep({
                    draft: { ...draft, regime: onlyRegime(name, incident) },
                    move: chosen === name ? undefined : name,
                  });
                }}
                size="sm"
                variant={chosen === name ? "solid" : "outline"}
              >
                {label}
              </Button>
            ),
          )}
        </HStack>
      )}
      {offered.length > 0 && <Refused incident={incident} />}
      <Text aria-live="polite" color="green.fg" role="status">
        {done}
      </Text>
      {current !== undefined && (
        <Stack borderRadius="md" borderWidth="1px" gap={3} p={4}>
          <MoveForm
            about={current.about}
            draft={draft}
            error={move.error}
            incident={incident}
            isPossible={whyNot(current.move) === undefined}
            isSending={move.isPending}
            label={current.label}
            move={current.move}
            onCancel={() => {
              move.reset();
              keep({ move: undefined });
            }}
            onChange={(some) => {
              keep({ draft: { ...draft, ...some } });
            }}
            onSend={() => {
              move.mutate(moveOf(current.move, draft, incident.version), {
                onSuccess: () => {
                  setDone(`${current.label}: done.`);
                },
              });
            }}
          />
        </Stack>
      )}
    </Section>
  );
}

/** The one duty that a move can be about; the user chooses where there are several. */
function onlyRegime(name: MoveName, incident: IncidentView): string {
  const regimes = regimesFor(name, incident);
  return regimes.length === 1 ? (regimes[0]?.[0] ?? "") : "";
}

const isReport = (name: string) => name === "report-sent" || name === "report-withdrawn";

/** What the incident does not let anybody do now, and why. */
function Refused({ incident }: { readonly incident: IncidentView }) {
  const refused = new Set(incident.moves.filter((one) => one.why_not !== null).map(nameOf));
  const told = MOVES.filter(({ move }) => !isReport(move) && refused.has(move));
  if (told.length === 0) return null;
  return (
    <Text color="fg.muted" fontSize="sm">
      Not possible any more: {told.map(({ label }) => label.toLowerCase()).join(", ")};{" "}
      <Standing incident={incident} />.
    </Text>
  );
}

const nameOf = ({ move }: IncidentView["moves"][number]): string => move;
