import { Text } from "@chakra-ui/react";

import { governancePath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { Age } from "src/components/When";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";
import { counted, countText } from "src/features/overview/words";

const STATUS = { broken: "Broken", intact: "Intact", unverified: "Not read yet" } as const;
const NO_MORE = "Not read to its end";
const MOST_COUNTED = 10_000;

/** Whether the record is as it was sealed, and whether anything is missing from it. */
export function LedgerTile(tile: OverviewData["ledger"]) {
  const now = useNow();
  const { level, status, size, problems, unsealed_events: unsealed, open_findings: gaps } = tile;
  return (
    <Tile
      figure={status === "unverified" && tile.verified_at !== null ? NO_MORE : STATUS[status]}
      level={level}
      linkText="See the record"
      title="Ledger"
      to={governancePath("audit")}
      words={`${counted(size, "event is", "events are")} sealed`}
    >
      {status === "broken" && (
        <Text fontWeight="medium">
          {problems === 0
            ? "An incident about it is open."
            : `${counted(problems, "place differs", "places differ")} from what was sealed.`}
        </Text>
      )}
      <Text>
        Read again: <Age at={tile.verified_at} none="not yet" now={now} />.
      </Text>
      <Text>
        Last checkpoint: <Age at={tile.last_checkpoint_at} none="none yet" now={now} />
        {unsealed > 0 &&
          `; ${countText(unsealed)}${unsealed >= MOST_COUNTED ? " or more" : ""} wait to be sealed`}
        .
      </Text>
      <Text
        color={gaps === 0 ? "fg.muted" : undefined}
        fontWeight={gaps === 0 ? undefined : "medium"}
      >
        {gaps === 0
          ? "No gap in the record is known."
          : `${counted(gaps, "gap")} in the record ${gaps === 1 ? "is" : "are"} known.`}
      </Text>
    </Tile>
  );
}
