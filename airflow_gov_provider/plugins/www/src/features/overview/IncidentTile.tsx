import { HStack, Text } from "@chakra-ui/react";

import { SeverityBadge } from "src/components/Badges";
import { Sparkline } from "src/components/charts/Sparkline";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { counted, countText, trendText, weeksOf } from "src/features/overview/words";

/** What is wrong and not resolved. */
export function IncidentTile(tile: OverviewData["incidents"]) {
  const { level, query, unresolved, unacknowledged, by_severity: severities, opened } = tile;
  const [last, before] = weeksOf(opened);
  const some = Object.entries(severities).filter(([, count]) => count > 0);
  return (
    <Tile
      figure={countText(unresolved)}
      level={level}
      linkText="See the incidents"
      title="Incidents"
      to={`${governancePath("incidents")}${query === "" ? "" : `?${query}`}`}
      trend={<Sparkline label={trendText("Incidents opened a day", opened)} values={opened} />}
      words={unresolved === 1 ? "incident is not resolved" : "incidents are not resolved"}
    >
      {some.length > 0 && (
        <HStack gap={3} wrap="wrap">
          {some.map(([severity, count]) => (
            <To
              alignItems="center"
              color="fg"
              display="inline-flex"
              gap={1}
              key={severity}
              to={governancePath("incidents", { severity })}
            >
              <SeverityBadge severity={severity} /> {countText(count)}
            </To>
          ))}
        </HStack>
      )}
      {unacknowledged > 0 && (
        <Text>
          Nobody has taken{" "}
          {unacknowledged === 1 ? "one of them" : `${countText(unacknowledged)} of them`} on yet.
        </Text>
      )}
      <Text color="fg.muted">
        {counted(last, "was", "were")} opened in the last 7 days, {countText(before)} in the 7
        before.
      </Text>
    </Tile>
  );
}
