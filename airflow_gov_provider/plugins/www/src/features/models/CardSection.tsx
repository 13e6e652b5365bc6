import { useQuery } from "@tanstack/react-query";

import { cardPage } from "src/api/cards";
import { CardDownloads, CardFrame } from "src/components/CardFrame";
import { Faces, Nothing } from "src/components/Faces";
import { ChoiceFilter } from "src/components/FilterFields";
import { Section } from "src/components/Section";
import { timeText, useTimeZone } from "src/components/times";
import { useFilters } from "src/components/useFilters";
import { type Card, modelCards } from "src/features/models/queries";

/** A card by its version and time, as the choices of a field. */
export function useCardChoices(cards: readonly Card[]) {
  const zone = useTimeZone();
  return cards.map(
    ({ evidence_id, model, recorded_at }) =>
      [
        evidence_id,
        `version ${model?.version ?? "?"}, ${timeText(recorded_at, zone).slice(0, 16)}`,
      ] as const,
  );
}

/** The newest card, or the one that was chosen. */
export function CardSection({ name }: { readonly name: string }) {
  const query = useQuery(modelCards(name));
  const { filters, change } = useFilters(["card"]);
  const cards = query.data?.items ?? [];
  const choices = useCardChoices(cards);
  const shown = filters.card ?? cards[0]?.evidence_id;
  return (
    <Section
      actions={shown === undefined ? undefined : <CardDownloads evidenceId={shown} />}
      level={3}
      title="Model card"
    >
      <Faces
        empty={
          <Nothing title="No card was written yet">
            A ModelCardOperator writes down what is known about a version, and what is not.
          </Nothing>
        }
        isEmpty={({ items }) => items.length === 0}
        query={query}
        what="cards"
      >
        {() => (
          <>
            <ChoiceFilter
              all="The newest"
              choices={choices}
              label="Card of"
              onChange={(card) => {
                change({ card });
              }}
              value={filters.card}
              width="64"
            />
            {shown !== undefined && <Rendered evidenceId={shown} title={`Model card of ${name}`} />}
          </>
        )}
      </Faces>
    </Section>
  );
}

function Rendered(props: { readonly evidenceId: string; readonly title: string }) {
  const query = useQuery(cardPage(props.evidenceId));
  return (
    <Faces query={query} what="card">
      {(html) => <CardFrame html={html} title={props.title} />}
    </Faces>
  );
}
