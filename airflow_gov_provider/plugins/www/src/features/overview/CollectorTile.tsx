import { Text } from "@chakra-ui/react";

import { governancePath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { Age } from "src/components/When";
import type { OverviewData } from "src/features/overview/queries";
import { Tile } from "src/features/overview/Tile";

const MODES: Record<string, string> = {
  embedded: "inside the api-server",
  external: "as a process of its own",
  off: "switched off",
};

/** Whether what happens is gathered and sealed. */
export function CollectorTile(tile: NonNullable<OverviewData["collector"]>) {
  const now = useNow();
  const { level, is_well: isWell, mode, problem, failing } = tile;
  return (
    <Tile
      figure={mode === "off" ? "Off" : isWell ? "Working" : "In trouble"}
      level={level}
      linkText="See what has arrived"
      title="Collector"
      to={governancePath("audit")}
      words={MODES[mode] ?? mode}
    >
      {problem !== null && <Text overflowWrap="anywhere">{problem}</Text>}
      {failing.length > 0 && <Text>Failing: {failing.join(", ")}.</Text>}
      <Text color="fg.muted">
        Last round: <Age at={tile.last_round_at} none="none yet" now={now} />.
      </Text>
    </Tile>
  );
}
