import { Box, Stack, Text } from "@chakra-ui/react";

import { Section } from "src/components/Section";
import { When } from "src/components/When";
import { ClockBadge } from "src/features/incidents/ClockBadge";
import type { Clock, IncidentView } from "src/features/incidents/queries";

/** Duties to tell an authority, with the time that each leaves. */
export function Duties({ incident }: { readonly incident: IncidentView }) {
  if (incident.reportable.length === 0) return null;
  return (
    <Section
      about="The longest times that the law allows; no legal advice."
      level={3}
      title="Duties to report"
    >
      <Stack gap={2}>
        {incident.reportable.map((clock) => (
          <Duty clock={clock} key={clock.regime} />
        ))}
      </Stack>
    </Section>
  );
}

function Duty({ clock }: { readonly clock: Clock }) {
  return (
    <Box borderRadius="md" borderWidth="1px" p={3}>
      <ClockBadge clock={clock} />
      <Text fontSize="sm" mt={1}>
        {clock.obligation} ({clock.ref})
      </Text>
      <Text color="fg.muted" fontSize="sm">
        Known since <When at={clock.aware_at} />, due <When at={clock.due_at} />, marked by{" "}
        {clock.marked_by}
      </Text>
      {clock.ended !== null && (
        <Text color="fg.muted" fontSize="sm">
          {clock.ended === "sent" ? "Reported" : "Withdrawn"} by {clock.ended_by},{" "}
          <When at={clock.ended_at} />
          {clock.reference !== null && `, reference ${clock.reference}`}
        </Text>
      )}
    </Box>
  );
}
