import { Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { area, curveStepAfter, line } from "d3-shape";

import { color } from "src/components/charts/tones";
import { State } from "src/components/Badges";
import { Faces } from "src/components/Faces";
import { ChoiceFilter } from "src/components/FilterFields";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { useTimeZone } from "src/components/times";
import { Chart } from "src/features/sla/Chart";
import { type Budget, budgetOf } from "src/features/sla/queries";
import { shareTicks } from "src/features/sla/ticks";
import { budgetWords, percent, USUAL_WINDOW, WINDOWS, windowText } from "src/features/sla/words";

interface SectionProps {
  readonly commitmentId: string;
  readonly window: string;
  readonly onWindow: (window: string | undefined) => void;
}

/** What is left of the misses that the target allows, and how fast they are used up. */
export function BudgetSection({ commitmentId, window, onWindow }: SectionProps) {
  const tz = useTimeZone();
  const query = useQuery(budgetOf(commitmentId, window, tz));
  return (
    <Section
      about={`The misses that the target allows for what was counted in ${windowText(window)}.`}
      actions={
        <ChoiceFilter
          all="30 days"
          choices={WINDOWS.filter(([one]) => one !== USUAL_WINDOW)}
          label="Of the last"
          onChange={onWindow}
          value={window === USUAL_WINDOW ? undefined : window}
        />
      }
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

const SPANS = [
  ["1h", "the last hour"],
  ["6h", "6 hours"],
  ["3d", "3 days"],
  ["30d", "30 days"],
] as const;

/** At a rate of 1 the budget is used up in just the time that it is meant for. */
function burnText(rates: Budget["burn_rates"]): string {
  const told = SPANS.flatMap(([span, text]) => {
    const rate = rates[span];
    return rate === null || rate === undefined ? [] : [`${number(rate)} in ${text}`];
  });
  return told.length === 0 ? "nothing counted" : told.join(", ");
}

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
          ["Burn rate", `${burnText(budget.burn_rates)}; 1 is as fast as allowed`],
        ]}
      />
      <BurnDown budget={budget} />
    </>
  );
}

interface Left {
  readonly at: number;
  readonly remaining: number;
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
  return (
    <Chart
      from={first.at}
      label={`Error budget left: ${percent(first.remaining, 0)} at first, ${percent(last.remaining, 0)} now`}
      ticks={shareTicks(low)}
      tickText={(share) => percent(share, 0)}
      until={last.at}
    >
      {({ x, y }) => {
        const at = (one: Left) => x(one.at);
        const filled = (share: (one: Left) => number) =>
          area<Left>(at, y(0), (one) => y(share(one))).curve(curveStepAfter)(known) ?? "";
        const path = line<Left>(at, (one) => y(one.remaining)).curve(curveStepAfter)(known) ?? "";
        return (
          <>
            <path d={filled((one) => Math.max(0, one.remaining))} fill={color("green.muted")} />
            <path d={filled((one) => Math.min(0, one.remaining))} fill={color("red.muted")} />
            <path d={path} fill="none" stroke={color("fg.muted")} strokeWidth="2" />
            <line stroke={color("fg")} x1={x.range()[0]} x2={x.range()[1]} y1={y(0)} y2={y(0)} />
          </>
        );
      }}
    </Chart>
  );
}
