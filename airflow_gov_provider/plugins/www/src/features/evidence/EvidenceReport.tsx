import { Alert, Heading, HStack, Stack, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import { ApiError } from "src/api/ApiError";
import { CopyButton } from "src/components/CopyButton";
import { Faces, Nothing } from "src/components/Faces";
import { Facts } from "src/components/Facts";
import { SubjectLinks, To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { When } from "src/components/When";
import { FoundBadge } from "src/features/evidence/FoundBadge";
import { isUnchanged } from "src/features/evidence/intact";
import { type Evidence, evidenceDetail } from "src/features/evidence/queries";
import { ApprovalReport } from "src/features/evidence/reports/ApprovalReport";
import { BiasReport } from "src/features/evidence/reports/BiasReport";
import { CardReport } from "src/features/evidence/reports/CardReport";
import { PromotionReport } from "src/features/evidence/reports/PromotionReport";
import { QualityReport } from "src/features/evidence/reports/QualityReport";
import { kindText, runPath, withoutVerdict } from "src/features/evidence/words";

/** A page of its own for one piece of evidence. */
export function EvidenceReport({ evidenceId }: { readonly evidenceId: string }) {
  const { data } = useQuery(evidenceDetail(evidenceId));
  return (
    <Stack gap={4}>
      {data === undefined ? (
        <To fontSize="sm" to={governancePath("evidence")} width="fit-content">
          ← All runs
        </To>
      ) : (
        <To
          fontSize="sm"
          to={runPath(data.dag_id, data.run_id, data.evidence_id)}
          width="fit-content"
        >
          ← The run that recorded it
        </To>
      )}
      <Report evidenceId={evidenceId} />
    </Stack>
  );
}

/** What one piece of evidence says, by its kind. */
export function Report({ evidenceId }: { readonly evidenceId: string }) {
  const query = useQuery(evidenceDetail(evidenceId));
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Nothing title="There is no such evidence">
        Or it is of a Dag that you may not read.{" "}
        <To to={governancePath("evidence")}>See all runs with evidence</To>.
      </Nothing>
    );
  }
  return (
    <Faces query={query} what="evidence">
      {(evidence) => <Shown evidence={evidence} />}
    </Faces>
  );
}

function Shown({ evidence }: { readonly evidence: Evidence }) {
  const isIntact = isUnchanged(evidence);
  return (
    <Stack gap={5}>
      <Stack as="header" gap={2}>
        <Heading as="h2" overflowWrap="anywhere" size="lg">
          {kindText(evidence.kind)}: {evidence.subject}
        </Heading>
        <HStack gap={2} wrap="wrap">
          <FoundBadge isIntact={isIntact} verdict={evidence.verdict} />
          <Text>{withoutVerdict(evidence.summary)}</Text>
        </HStack>
      </Stack>
      {!isIntact && (
        <Alert.Root status="error">
          <Alert.Indicator />
          <Alert.Content>
            <Alert.Title>This is not what was recorded</Alert.Title>
            <Alert.Description>
              {evidence.digest_matches
                ? "The columns of its row do not say what its document says"
                : "The stored document does not have the digest that was recorded with it"}
              , so somebody changed it in the database. It has no verdict that counts. What follows
              is what it says now.
            </Alert.Description>
          </Alert.Content>
        </Alert.Root>
      )}
      <Facts
        facts={
          [
            ["Recorded by", <SubjectLinks key="by" scope={originOf(evidence)} />],
            ["Recorded", <When at={evidence.recorded_at} key="at" />],
            ["Try", evidence.try_number],
            ["Model", <ModelLink evidence={evidence} key="model" />],
            [
              "SHA-256",
              <HStack gap={1} key="digest">
                <Text fontFamily="mono" fontSize="xs" title={evidence.digest}>
                  {evidence.digest.slice(0, 16)}…
                </Text>
                <CopyButton value={evidence.digest} what="the digest" />
              </HStack>,
            ],
          ].filter(([name]) => name !== "Model" || evidence.model !== null) as [string, string][]
        }
      />
      <OfKind evidence={evidence} />
    </Stack>
  );
}

const originOf = (evidence: Evidence) => ({
  dagId: evidence.dag_id,
  mapIndex: evidence.map_index < 0 ? undefined : evidence.map_index,
  runId: evidence.run_id,
  taskId: evidence.task_id,
});

function ModelLink({ evidence: { model } }: { readonly evidence: Evidence }) {
  if (model === null) return null;
  return (
    <To to={governancePath(`models/${encodeURIComponent(model.name)}`)}>
      {model.name} version {model.version}
    </To>
  );
}

function OfKind({ evidence }: { readonly evidence: Evidence }) {
  switch (evidence.kind) {
    case "quality":
      return <QualityReport evidence={evidence} />;
    case "bias":
      return <BiasReport evidence={evidence} />;
    case "card":
      return <CardReport evidence={evidence} />;
    case "approval":
      return <ApprovalReport evidence={evidence} />;
    case "promotion":
      return <PromotionReport evidence={evidence} />;
    default:
      return null;
  }
}
