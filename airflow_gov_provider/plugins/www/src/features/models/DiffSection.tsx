import { Flex, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { Faces, Nothing } from "src/components/Faces";
import { ChoiceFilter } from "src/components/FilterFields";
import { Section } from "src/components/Section";
import { useFilters } from "src/components/useFilters";
import { useCardChoices } from "src/features/models/CardSection";
import { DiffTable } from "src/features/models/DiffTable";
import { type CardDiff, cardDiff, modelCards } from "src/features/models/queries";

/** Two cards side by side: by default the newest and the one before it. */
export function DiffSection({ name }: { readonly name: string }) {
  const query = useQuery(modelCards(name));
  const { filters, change } = useFilters(["from", "to"]);
  const cards = query.data?.items ?? [];
  const choices = useCardChoices(cards);
  const [first, second] = [
    filters.from ?? cards[1]?.evidence_id,
    filters.to ?? cards[0]?.evidence_id,
  ];
  return (
    <Section
      about="What two cards say differently, statement by statement."
      level={3}
      title="Compare cards"
    >
      <Faces
        empty={
          <Nothing title="There are no two cards to compare">
            As soon as a ModelCardOperator has written two cards of this model, they are compared
            here.
          </Nothing>
        }
        isEmpty={({ items }) => items.length < 2 && (filters.from ?? filters.to) === undefined}
        query={query}
        what="cards"
      >
        {() => (
          <>
            <Flex gap={3} wrap="wrap">
              <ChoiceFilter
                all="The one before the newest"
                choices={choices}
                label="From the card of"
                onChange={(from) => {
                  change({ from });
                }}
                value={filters.from}
                width="64"
              />
              <ChoiceFilter
                all="The newest"
                choices={choices}
                label="To the card of"
                onChange={(to) => {
                  change({ to });
                }}
                value={filters.to}
                width="64"
              />
            </Flex>
            {first !== undefined && second !== undefined && <Diff first={first} second={second} />}
          </>
        )}
      </Faces>
    </Section>
  );
}

function Diff({ first, second }: { readonly first: string; readonly second: string }) {
  const query = useQuery(cardDiff(first, second));
  return (
    <Faces
      empty={<Nothing title="Both cards say the same">Choose other cards to compare.</Nothing>}
      isEmpty={({ changes }: CardDiff) => changes.length === 0}
      query={query}
      what="cards"
    >
      {(diff) => (
        <>
          <Text color="fg.muted" fontSize="sm">
            {diff.changes.length} statements differ, {diff.equal} are alike.
          </Text>
          <DiffTable diff={diff} />
        </>
      )}
    </Faces>
  );
}
