import type { ReactNode } from "react";

import type { Schemas } from "src/api/client";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { durationText } from "src/components/times";
import { When } from "src/components/When";
import { WEEKDAYS } from "src/features/sla/calendar";
import { percent } from "src/features/sla/words";

type Commitment = Schemas["CommitmentItem"];

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** On which days it holds, and what excuses a miss. */
function calendarFacts(calendar: unknown): [string, ReactNode][] {
  if (typeof calendar !== "object" || calendar === null) return [];
  const { weekdays, holidays, maintenance } = calendar as Record<string, unknown>;
  const days = listed(weekdays).map((day) => WEEKDAYS[Number(day)] ?? String(day));
  const counts = (items: unknown, what: string) => {
    const { length } = listed(items);
    return length === 0 ? undefined : `${String(length)} ${what} excuse a miss`;
  };
  return [
    ["Days", days.length === 0 ? undefined : days.join(", ")],
    ["Holidays", counts(holidays, "holidays")],
    ["Maintenance", counts(maintenance, "times of maintenance")],
  ];
}

/** The terms of a commitment, in words. */
export function CommitmentFacts({ commitment }: { readonly commitment: Commitment }) {
  const { terms } = commitment;
  const { within, by, tz, opens } = terms;
  const clock = text(by);
  return (
    <Section level={3} title="Terms">
      <Facts
        facts={[
          ["Description", text(terms.description)],
          ["Name", commitment.name === commitment.title ? undefined : commitment.name],
          ["Subject", commitment.subject === commitment.dag_id ? undefined : commitment.subject],
          ["Target", `${percent(commitment.target, 3)} of what is due`],
          ["Within", typeof within === "number" ? durationText(within) : undefined],
          ["Counted from", text(terms.counts_from)?.replaceAll("_", " ")],
          [
            "Due",
            clock === undefined
              ? undefined
              : `${clock.slice(0, 5)} ${text(tz) ?? "UTC"}, a run counts from ${text(opens)?.slice(0, 5) ?? "00:00"} on`,
          ],
          ...calendarFacts(terms.calendar),
          ["Owner", commitment.owner ?? "–"],
          ["Declared in", commitment.source === "dag" ? "the code of the Dag" : commitment.source],
          ["Declared", <When at={commitment.declared_at} key="since" />],
          ["Changed", <When at={commitment.updated_at} key="changed" />],
        ]}
      />
    </Section>
  );
}
