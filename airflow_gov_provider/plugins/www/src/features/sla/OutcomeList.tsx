import { Button } from "@chakra-ui/react";
import { useInfiniteQuery } from "@tanstack/react-query";

import { Nothing } from "src/components/Faces";
import { ChoiceFilter } from "src/components/FilterFields";
import { Section } from "src/components/Section";
import { momentOf, useTimeZone } from "src/components/times";
import { dayName, plusDays } from "src/features/sla/calendar";
import { OF_COMMITMENT } from "src/features/sla/outcomeColumns";
import { Outcomes } from "src/features/sla/Outcomes";
import { type OutcomeFilters, outcomePages } from "src/features/sla/queries";
import { STATES } from "src/features/sla/words";

interface ListProps {
  readonly commitmentId: string;
  readonly day: string | undefined;
  readonly state: string | undefined;
  readonly change: (some: { day?: string | undefined; state?: string | undefined }) => void;
}

const CHOICES = Object.entries(STATES).map(([state, { text }]) => [state, text] as const);
const EACH = 20;
const isDay = /^\d{4}-\d\d-\d\d$/;

/** Each occasion of a commitment, those that were noticed last first. */
export function OutcomeList({ commitmentId, day, state, change }: ListProps) {
  const tz = useTimeZone();
  const ofDay = day !== undefined && isDay.test(day) ? day : undefined;
  const query = useInfiniteQuery(
    outcomePages({
      commitment_id: commitmentId,
      limit: EACH,
      since: ofDay === undefined ? undefined : momentOf(`${ofDay}T00:00`, tz),
      state: state as OutcomeFilters["state"],
      until: ofDay === undefined ? undefined : momentOf(`${plusDays(ofDay, 1)}T00:00`, tz),
    }),
  );
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Section
      actions={
        <>
          {ofDay !== undefined && (
            <Button
              onClick={() => {
                change({ day: undefined });
              }}
              size="sm"
              variant="outline"
            >
              Show all days
            </Button>
          )}
          <ChoiceFilter
            choices={CHOICES}
            label="State"
            onChange={(chosen) => {
              change({ state: chosen });
            }}
            value={state}
          />
        </>
      }
      level={3}
      title={ofDay === undefined ? "Outcomes" : `Outcomes of ${dayName(ofDay)}`}
    >
      <Outcomes
        columns={OF_COMMITMENT}
        empty={
          <Nothing title="No outcomes">
            {ofDay === undefined && state === undefined
              ? "The collector notes one as soon as a run is queued, a day begins or an asset is updated."
              : "None fits the day and the state that are chosen."}
          </Nothing>
        }
        query={query}
        rows={rows}
      />
    </Section>
  );
}
