import { Grid, Stack } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { sentence, SeverityBadge, State } from "src/components/Badges";
import { DetailHeader, DetailPage } from "src/components/DetailPage";
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
  return (
    <DetailPage all="incidents" path="incidents" query={query} what="incident">
      {(incident) => <Shown incident={incident} />}
    </DetailPage>
  );
}

function Shown({ incident }: { readonly incident: IncidentView }) {
  return (
    <>
      <DetailHeader title={incident.title}>
        <SeverityBadge severity={incident.severity} />
        <State tone={stateTone(incident.state)}>{sentence(incident.state)}</State>
        <State tone="neutral">{kindText(incident.kind)}</State>
      </DetailHeader>
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
