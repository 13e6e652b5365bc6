import { chakra, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { area, curveStepAfter, line } from "d3-shape";

import { State } from "src/components/Badges";
import { Faces } from "src/components/Faces";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { useTimeZone } from "src/components/times";
import { Chart } from "src/features/sla/Chart";
import { type Budget, budgetOf } from "src/features/sla/queries";
import { budgetWords, percent, windowText } from "src/features/sla/words";

interface SectionProps {
  readonly commitmentId: string;
  readonly window: string;
}

/** What is left of the misses that the target allows, and how fast they are used up. */
export function BudgetSection({ commitmentId, window }: SectionProps) {
  const tz = useTimeZone();
  const query = useQuery(budgetOf(commitmentId, window, tz));
  return (
    <Section
      about={`The misses that the target allows for what was counted in ${windowText(window)}.`}
      level={3}
      title="Error budget"
    >
      <Faces
        empty={<Text color="fg.muted">Nothing was counted in this time.</Text>}
        isEmpty={({ met, missed }) => met + missed === 0}
        query={query}
        what="error budget"
      >
        {(budget) => <Shown budget={budget} />}
      </Faces>
    </Section>
  );
}

const number = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 1 });

const rateText = (rate: number | null | undefined): string =>
  rate === null || rate === undefined
    ? "nothing counted"
    : `${number(rate)} times as fast as allowed`;

function Shown({ budget }: { readonly budget: Budget }) {
  const { text, tone } = budgetWords(budget);
  return (
    <>
      <Facts
        facts={[
          [
            "Budget",
            <State key="state" tone={tone}>
              {text}
            </State>,
          ],
          [
            "Missed",
            `${String(budget.missed)} of ${number(budget.allowed)} that the target allows`,
          ],
          ["Met", `${String(budget.met)} of ${String(budget.met + budget.missed)} that count`],
          ["Burns in an hour", rateText(budget.burn_rates["1h"])],
          ["Burns in 6 hours", rateText(budget.burn_rates["6h"])],
          ["Burns in 3 days", rateText(budget.burn_rates["3d"])],
          ["Burns in 30 days", rateText(budget.burn_rates["30d"])],
        ]}
      />
      <BurnDown budget={budget} />
    </>
  );
}

function BurnDown({ budget: { days, allowed } }: { readonly budget: Budget }) {
  const known = days.flatMap(({ day, remaining }) =>
    remaining === null ? [] : [{ at: Date.parse(`${day}T12:00:00Z`), remaining }],
  );
  const [first, last] = [known[0], known.at(-1)];
  if (allowed === 0) {
    return <Text color="fg.muted">The target is 100 %: nothing may be missed.</Text>;
  }
  if (first === undefined || last === undefined || known.length < 2) return null;
  const low = Math.min(0, ...known.map(({ remaining }) => remaining));
  const drawn = { curve: curveStepAfter };
  return (
    <Chart
      from={first.at}
      high={1}
      label={`Error budget left: ${percent(first.remaining, 0)} at first, ${percent(last.remaining, 0)} now`}
      low={low}
      tickText={(share) => percent(share, 0)}
      until={last.at}
    >
      {({ x, y }) => {
        const at = (one: { at: number }) => x(one.at);
        const fill = area<(typeof known)[number]>(at, y(0), (one) => y(one.remaining));
        const path = line<(typeof known)[number]>(at, (one) => y(one.remaining));
        const tone = last.remaining < 0 ? "red" : "green";
        return (
          <>
            <chakra.path d={fill.curve(drawn.curve)(known) ?? ""} fill={`${tone}.subtle`} />
            <chakra.path
              d={path.curve(drawn.curve)(known) ?? ""}
              fill="none"
              stroke={`${tone}.solid`}
              strokeWidth="2"
            />
            <chakra.line stroke="fg" x1={x.range()[0]} x2={x.range()[1]} y1={y(0)} y2={y(0)} />
          </>
        );
      }}
    </Chart>
  );
}
