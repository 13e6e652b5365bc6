import { Heading, Stack, Tabs } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";
import { Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { useFilters } from "src/components/useFilters";
import { AliasesThen } from "src/features/models/AliasesThen";
import { CardSection } from "src/features/models/CardSection";
import { DiffSection } from "src/features/models/DiffSection";
import { MoveSection } from "src/features/models/MoveSection";
import { modelMoves } from "src/features/models/queries";
import { RegistrySection } from "src/features/models/RegistrySection";
import { VersionSection } from "src/features/models/VersionSection";

const PARTS = [
  ["aliases", "Aliases"],
  ["versions", "Versions"],
  ["card", "Model card"],
  ["compare", "Compare cards"],
] as const;

export function ModelDetail({ name }: { readonly name: string }) {
  const { error } = useQuery(modelMoves(name));
  const { filters, change } = useFilters(["part"]);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Nothing title="No evidence names this model">
        Or only that of Dags which you may not read.{" "}
        <To to={governancePath("models")}>See all models</To>.
      </Nothing>
    );
  }
  return (
    <Stack gap={4}>
      <Stack gap={2}>
        <To fontSize="sm" to={governancePath("models")} width="fit-content">
          ← All models
        </To>
        <Heading as="h2" overflowWrap="anywhere" size="lg">
          {name}
        </Heading>
      </Stack>
      <RegistrySection name={name} />
      <Tabs.Root
        lazyMount
        onValueChange={({ value }) => {
          change({ part: value === "aliases" ? undefined : value });
        }}
        unmountOnExit
        value={PARTS.find(([part]) => part === filters.part)?.[0] ?? "aliases"}
      >
        <Tabs.List overflowX="auto">
          {PARTS.map(([part, title]) => (
            <Tabs.Trigger key={part} value={part} whiteSpace="nowrap">
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="aliases">
          <Stack gap={6}>
            <AliasesThen name={name} />
            <MoveSection name={name} />
          </Stack>
        </Tabs.Content>
        <Tabs.Content value="versions">
          <VersionSection name={name} />
        </Tabs.Content>
        <Tabs.Content value="card">
          <CardSection name={name} />
        </Tabs.Content>
        <Tabs.Content value="compare">
          <DiffSection name={name} />
        </Tabs.Content>
      </Tabs.Root>
    </Stack>
  );
}
