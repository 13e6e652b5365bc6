import { Text } from "@chakra-ui/react";

import { governancePath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { Age } from "src/components/When";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { counted, countText } from "src/features/overview/words";

/** What waits for a decision; what is past its deadline waits for nobody. */
export function ApprovalTile(tile: OverviewData["approvals"]) {
  const now = useNow();
  const { level, query, waiting, mine, overdue, is_cut: isCut } = tile;
  const atLeast = isCut ? " or more" : "";
  const open = waiting - overdue;
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
        {open === 0
          ? "Nobody is asked for anything."
          : `${counted(open, "request waits", "requests wait")}${atLeast} in all.`}
      </Text>
      {overdue === 0 && tile.oldest_at !== null && (
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
        <Text color="fg.muted">
          {counted(overdue, "request is", "requests are")} past the deadline: nobody can answer{" "}
          {overdue === 1 ? "it" : "them"} any more.
        </Text>
      )}
    </Tile>
  );
}
