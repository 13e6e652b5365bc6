import { Text } from "@chakra-ui/react";

import { Sparkline } from "src/components/charts/Sparkline";
import { governancePath } from "src/components/paths";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { countText, shareText, trendText } from "src/features/overview/words";

/** How well commitments were kept in 30 days. */
export function AttainmentTile(tile: OverviewData["attainment"]) {
  const { level, query, attainment, target, met, missed, trend } = tile;
  const { commitments, below_target: below } = tile;
  const isBelow = below > 0;
  const share = attainment === null ? "–" : shareText(attainment);
  return (
    <Tile
      figure={isBelow ? `${countText(below)} of ${countText(commitments)}` : share}
      level={level}
      linkText="See the commitments"
      title="SLA commitments"
      to={`${governancePath("sla")}${query === "" ? "" : `?${query}`}`}
      trend={
        <Sparkline
          label={trendText("Share of commitments kept a day", trend, shareText)}
          values={trend}
        />
      }
      words={
        isBelow
          ? `${commitments === 1 ? "commitment" : "commitments"} ${below === 1 ? "is" : "are"} below target`
          : keptText(target)
      }
    >
      {attainment !== null && (
        <Text>
          {countText(met)} kept, {countText(missed)} missed
          {isBelow && `: ${share} of all that was promised in 30 days`}.
        </Text>
      )}
      {below === 0 && commitments > 0 && (
        <Text color="fg.muted">
          {commitments === 1
            ? "The one commitment reaches its target."
            : `All ${countText(commitments)} commitments reach their targets.`}
        </Text>
      )}
      {commitments === 0 && (
        <Text color="fg.muted">Commitments are declared in Dags or in files.</Text>
      )}
    </Tile>
  );
}

const keptText = (target: number | null): string =>
  target === null
    ? "No commitment was due in 30 days"
    : `of what was promised was kept in 30 days; the target is ${shareText(target)}`;
