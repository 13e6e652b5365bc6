import { Text } from "@chakra-ui/react";

import { governancePath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { Age } from "src/components/When";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { counted, countText } from "src/features/overview/words";

/** What waits for a decision. */
export function ApprovalTile(tile: OverviewData["approvals"]) {
  const now = useNow();
  const { level, query, waiting, mine, overdue, is_cut: isCut } = tile;
  const atLeast = isCut ? " or more" : "";
  return (
    <Tile
      figure={countText(mine)}
      level={level}
      linkText={mine > 0 ? "Decide" : "See the requests"}
      title="Approvals"
      to={`${governancePath("approvals")}${query === "" ? "" : `?${query}`}`}
      words={mine === 1 ? "request waits for you" : "requests wait for you"}
    >
      <Text>
        {waiting === 0
          ? "Nobody is asked for anything."
          : `${counted(waiting, "request waits", "requests wait")}${atLeast} in all.`}
      </Text>
      {tile.oldest_at !== null && (
        <Text>
          The oldest was asked <Age at={tile.oldest_at} now={now} />.
        </Text>
      )}
      {tile.next_deadline_at !== null && (
        <Text>
          The next deadline is <Age at={tile.next_deadline_at} now={now} />.
        </Text>
      )}
      {overdue > 0 && (
        <Text fontWeight="medium">
          {counted(overdue, "request is", "requests are")} past the deadline.
        </Text>
      )}
    </Tile>
  );
}
