import { Grid, HStack, Skeleton, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { State } from "src/components/Badges";
import { Faces } from "src/components/Faces";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { ApprovalTile } from "src/features/overview/ApprovalTile";
import { AttainmentTile } from "src/features/overview/AttainmentTile";
import { CollectorTile } from "src/features/overview/CollectorTile";
import { GateTile } from "src/features/overview/GateTile";
import { IncidentTile } from "src/features/overview/IncidentTile";
import { LedgerTile } from "src/features/overview/LedgerTile";
import { isUntouched, NothingYet } from "src/features/overview/NothingYet";
import { overview, type OverviewData } from "src/features/overview/queries";
import { LEVELS } from "src/features/overview/words";

const COLUMNS = "repeat(auto-fill, minmax(min(100%, 21rem), 1fr))";

/** Is everything all right? */
export function OverviewPage() {
  const query = useQuery(overview);
  return (
    <Faces
      empty={<NothingYet />}
      isEmpty={isUntouched}
      loading={<Tiles />}
      query={query}
      what="overview"
    >
      {(data) => (
        <Section about={<Verdict data={data} />} title="Overview">
          <Grid gap={4} templateColumns={COLUMNS}>
            <ApprovalTile {...data.approvals} />
            <IncidentTile {...data.incidents} />
            <GateTile {...data.gates} />
            <AttainmentTile {...data.attainment} />
            <LedgerTile {...data.ledger} />
            {data.collector !== null && <CollectorTile {...data.collector} />}
          </Grid>
        </Section>
      )}
    </Faces>
  );
}

const NAMES = {
  approvals: "approvals",
  incidents: "incidents",
  gates: "gates",
  attainment: "commitments",
  ledger: "the ledger",
  collector: "the collector",
} as const;

/** One sentence over all of it. */
function Verdict({ data }: { readonly data: OverviewData }) {
  const names = Object.keys(NAMES) as (keyof typeof NAMES)[];
  const off = names.filter((name) => ["bad", "attention"].includes(data[name]?.level ?? "good"));
  const unknown = names.filter((name) => data[name]?.level === "unknown");
  const told = off.length > 0 ? off : unknown;
  const { tone } = LEVELS[data.level];
  return (
    <HStack as="span" gap={2} role="status" wrap="wrap">
      <State tone={tone}>{off.length > 0 ? "Not everything is all right" : summary(unknown)}</State>
      {told.length > 0 && (
        <Text as="span">
          {off.length > 0 ? "Look at " : "Nothing is known yet of "}
          {listed(told.map((name) => NAMES[name]))}.
        </Text>
      )}
      <Text as="span" color="fg.muted" fontSize="sm">
        As of <When at={data.as_of} />, over the Dags that you may read.
      </Text>
    </HStack>
  );
}

const summary = (unknown: readonly string[]): string =>
  unknown.length === 0 ? "Everything is all right" : "Nothing is wrong as far as is known";

const listed = (names: readonly string[]): string =>
  new Intl.ListFormat("en", { type: "conjunction" }).format(names);

function Tiles() {
  return (
    <Grid
      aria-busy="true"
      aria-label="Loading the overview"
      gap={4}
      role="status"
      templateColumns={COLUMNS}
    >
      {Object.keys(NAMES).map((name) => (
        <Skeleton height="48" key={name} />
      ))}
    </Grid>
  );
}
