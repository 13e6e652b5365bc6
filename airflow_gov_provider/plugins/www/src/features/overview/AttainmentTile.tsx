import { Text } from "@chakra-ui/react";

import { Sparkline } from "src/components/charts/Sparkline";
import { governancePath } from "src/components/paths";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { counted, countText, shareText, trendText } from "src/features/overview/words";

/** How well promises were kept in 30 days. */
export function AttainmentTile(tile: OverviewData["attainment"]) {
  const { level, query, attainment, target, met, missed, trend } = tile;
  const { commitments, below_target: below } = tile;
  return (
    <Tile
      figure={attainment === null ? "–" : shareText(attainment)}
      level={level}
      linkText="See the promises"
      title="Promises"
      to={`${governancePath("sla")}${query === "" ? "" : `?${query}`}`}
      trend={
        <Sparkline
          label={trendText("Share of promises kept a day", trend, shareText)}
          values={trend}
        />
      }
      words={
        target === null
          ? "No promise was due in 30 days"
          : `of what was promised was kept in 30 days; the target is ${shareText(target)}`
      }
    >
      {attainment !== null && (
        <Text>
          {countText(met)} kept, {countText(missed)} missed.
        </Text>
      )}
      {below > 0 && (
        <Text fontWeight="medium">
          {counted(below, "commitment")} of {countText(commitments)} {below === 1 ? "is" : "are"}{" "}
          below target.
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
