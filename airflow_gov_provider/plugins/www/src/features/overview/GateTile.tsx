import { HStack, Text } from "@chakra-ui/react";

import { VerdictBadge } from "src/components/Badges";
import { Sparkline } from "src/components/charts/Sparkline";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { countText, trendText } from "src/features/overview/words";

type Verdicts = OverviewData["gates"]["last_week"];

const notPassed = ({ failed, insufficient }: Verdicts): number => failed + insufficient;
const all = ({ failed, insufficient, warned, passed }: Verdicts): number =>
  failed + insufficient + warned + passed;

/** What quality gates, bias checks and cards found in the last seven days. */
export function GateTile(tile: OverviewData["gates"]) {
  const { level, query, last_week: last, week_before: before, blocked } = tile;
  const evidence = governancePath("evidence");
  const some = (["failed", "insufficient", "warned", "passed"] as const).filter(
    (verdict) => last[verdict] > 0,
  );
  return (
    <Tile
      figure={countText(notPassed(last))}
      level={level}
      linkText="See the evidence"
      title="Gates"
      to={`${evidence}${query === "" ? "" : `?${query}`}`}
      trend={
        <Sparkline label={trendText("Gates that did not pass a day", blocked)} values={blocked} />
      }
      words={`of ${countText(all(last))} gates did not pass in 7 days`}
    >
      {some.length > 0 && (
        <HStack gap={3} wrap="wrap">
          {some.map((verdict) => (
            <To
              alignItems="center"
              color="fg"
              display="inline-flex"
              gap={1}
              key={verdict}
              to={`${evidence}${query === "" ? "?" : `?${query}&`}verdict=${verdict.toUpperCase()}`}
            >
              <VerdictBadge verdict={verdict} /> {countText(last[verdict])}
            </To>
          ))}
        </HStack>
      )}
      <Text color="fg.muted">
        {all(before) === 0
          ? "No gate ran in the 7 days before."
          : `In the 7 days before: ${countText(notPassed(before))} of ${countText(all(before))}.`}
      </Text>
    </Tile>
  );
}
