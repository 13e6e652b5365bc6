import { Heading, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";
import { Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { AliasesThen } from "src/features/models/AliasesThen";
import { CardSection } from "src/features/models/CardSection";
import { DiffSection } from "src/features/models/DiffSection";
import { MoveSection } from "src/features/models/MoveSection";
import { modelMoves } from "src/features/models/queries";
import { RegistrySection } from "src/features/models/RegistrySection";
import { VersionSection } from "src/features/models/VersionSection";

export function ModelDetail({ name }: { readonly name: string }) {
  const { error } = useQuery(modelMoves(name));
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Nothing title="No evidence names this model">
        Or only that of Dags which you may not read.{" "}
        <To to={governancePath("models")}>See all models</To>.
      </Nothing>
    );
  }
  return (
    <Stack gap={6}>
      <Stack gap={2}>
        <To fontSize="sm" to={governancePath("models")} width="fit-content">
          ← All models
        </To>
        <Heading as="h2" overflowWrap="anywhere" size="lg">
          {name}
        </Heading>
      </Stack>
      <RegistrySection name={name} />
      <AliasesThen name={name} />
      <MoveSection name={name} />
      <VersionSection name={name} />
      <CardSection name={name} />
      <DiffSection name={name} />
    </Stack>
  );
}
