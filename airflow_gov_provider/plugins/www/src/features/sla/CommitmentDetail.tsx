import { Grid, Stack, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "src/api/client";
import { SeverityBadge, State } from "src/components/Badges";
import { DetailHeader, DetailPage } from "src/components/DetailPage";
import { SubjectLinks } from "src/components/Links";
import { useFilters } from "src/components/useFilters";
import { When } from "src/components/When";
import { BudgetSection } from "src/features/sla/BudgetSection";
import { CalendarSection } from "src/features/sla/CalendarSection";
import { CommitmentFacts } from "src/features/sla/CommitmentFacts";
import { OutcomeList } from "src/features/sla/OutcomeList";
import { Punctuality } from "src/features/sla/Punctuality";
import { oneCommitment } from "src/features/sla/queries";
import { kindText, USUAL_WINDOW } from "src/features/sla/words";

type Commitment = Schemas["CommitmentItem"];
const FILTERS = ["window", "day", "state"] as const;

export function CommitmentDetail({ commitmentId }: { readonly commitmentId: string }) {
  const query = useQuery(oneCommitment(commitmentId));
  return (
    <DetailPage all="commitments" path="sla" query={query} what="commitment">
      {(commitment) => <Shown commitment={commitment} />}
    </DetailPage>
  );
}

function Shown({ commitment }: { readonly commitment: Commitment }) {
  const { filters, change } = useFilters(FILTERS);
  const id = commitment.commitment_id;
  return (
    <Stack gap={6}>
      <DetailHeader
        title={`${commitment.dag_id === null ? "" : `${commitment.dag_id}: `}${commitment.title}`}
      >
        <SeverityBadge severity={commitment.severity} />
        <State tone="neutral">{kindText(commitment.kind)}</State>
        <SubjectLinks scope={{ dagId: commitment.dag_id ?? undefined }} />
        {commitment.retired_at !== null && (
          <Text color="fg.muted">
            Taken back <When at={commitment.retired_at} />
          </Text>
        )}
      </DetailHeader>
      <CalendarSection
        chosen={filters.day}
        commitmentId={id}
        onChoose={(day) => {
          change({ day });
        }}
      />
      <Grid
        gap={6}
        templateColumns={{ base: "minmax(0, 1fr)", xl: "minmax(0, 1fr) minmax(0, 1fr)" }}
      >
        <Punctuality commitmentId={id} />
        <BudgetSection
          commitmentId={id}
          onWindow={(window) => {
            change({ window });
          }}
          window={filters.window ?? USUAL_WINDOW}
        />
      </Grid>
      <OutcomeList change={change} commitmentId={id} day={filters.day} state={filters.state} />
      <CommitmentFacts commitment={commitment} />
    </Stack>
  );
}
