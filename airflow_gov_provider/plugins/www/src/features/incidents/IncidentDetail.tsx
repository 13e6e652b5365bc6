import { Grid, Heading, HStack, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";
import { sentence, SeverityBadge, State } from "src/components/Badges";
import { Faces, Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { BlastRadius } from "src/features/incidents/BlastRadius";
import { Duties } from "src/features/incidents/Duties";
import { IncidentFacts } from "src/features/incidents/IncidentFacts";
import { Moves } from "src/features/incidents/Moves";
import { Notices } from "src/features/incidents/Notices";
import { incidentDetail, type IncidentView } from "src/features/incidents/queries";
import { Timeline } from "src/features/incidents/Timeline";
import { kindText, stateTone } from "src/features/incidents/words";

export function IncidentDetail({ incidentId }: { readonly incidentId: string }) {
  const query = useQuery(incidentDetail(incidentId));
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Nothing title="There is no such incident">
        Or it is about a Dag that you may not read.{" "}
        <To to={governancePath("incidents")}>See all incidents</To>.
      </Nothing>
    );
  }
  return (
    <Stack gap={4}>
      <To fontSize="sm" to={governancePath("incidents")} width="fit-content">
        ← All incidents
      </To>
      <Faces query={query} what="incident">
        {(incident) => <Shown incident={incident} />}
      </Faces>
    </Stack>
  );
}

function Shown({ incident }: { readonly incident: IncidentView }) {
  return (
    <>
      <Stack as="header" gap={2}>
        <Heading as="h2" overflowWrap="anywhere" size="lg">
          {incident.title}
        </Heading>
        <HStack gap={2} wrap="wrap">
          <SeverityBadge severity={incident.severity} />
          <State tone={stateTone(incident.state)}>{sentence(incident.state)}</State>
          <State tone="neutral">{kindText(incident.kind)}</State>
        </HStack>
      </Stack>
      <Grid
        alignItems="start"
        gap={6}
        templateColumns={{ base: "minmax(0, 1fr)", lg: "minmax(0, 3fr) minmax(0, 2fr)" }}
      >
        <Stack gap={6}>
          <Moves incident={incident} key={incident.incident_id} />
          <Timeline incident={incident} />
        </Stack>
        <Stack gap={6}>
          <IncidentFacts incident={incident} />
          <Duties incident={incident} />
          <BlastRadius incident={incident} />
          <Notices incident={incident} />
        </Stack>
      </Grid>
    </>
  );
}
