import { Alert, List } from "@chakra-ui/react";

import { sentence } from "src/components/Badges";
import { Facts } from "src/components/Facts";
import { To } from "src/components/Links";
import { Section } from "src/components/Section";
import type { Evidence } from "src/features/evidence/queries";
import { bodyOf, records, text, texts } from "src/features/evidence/reading";
import { NamedEvidence } from "src/features/evidence/reports/NamedEvidence";
import { evidencePath, kindText } from "src/features/evidence/words";

/** What a promotion did or refused, and the evidence that it counted. */
export function PromotionReport({ evidence }: { readonly evidence: Evidence }) {
  const body = bodyOf(evidence.document);
  const reasons = texts(body.reasons);
  const counted = records(body.decided_upon);
  const approvals = texts(body.approvals);
  return (
    <>
      {reasons.length > 0 && (
        <Alert.Root alignItems="start" status="error">
          <Alert.Indicator />
          <Alert.Content>
            <Alert.Title>It was refused</Alert.Title>
            <Alert.Description>
              <List.Root ps={4}>
                {reasons.map((reason) => (
                  <List.Item key={reason}>{reason}</List.Item>
                ))}
              </List.Root>
            </Alert.Description>
          </Alert.Content>
        </Alert.Root>
      )}
      <Section level={3} title="Promotion">
        <Facts
          facts={[
            ["Outcome", sentence(text(body.stage) ?? "unknown")],
            ["Alias", text(body.alias)],
            ["To version", text(body.version)],
            [
              "From version",
              "previous_version" in body ? (text(body.previous_version) ?? "none") : undefined,
            ],
            ["Registry", text(body.registry)],
            ["Requires", texts(body.required).map(kindText).join(", ") || undefined],
            [
              "Approved by",
              approvals.length === 0 ? "nobody" : <Approvals ids={approvals} key="a" />,
            ],
            ["Error", text(body.error)],
          ]}
        />
      </Section>
      <Section
        about="The evidence about this version that stood when it was decided, by digest."
        level={3}
        title={`What was counted (${String(counted.length)})`}
      >
        <NamedEvidence
          accepted={body.accepted}
          entries={counted}
          label="Evidence that was counted"
        />
      </Section>
    </>
  );
}

function Approvals({ ids }: { readonly ids: readonly string[] }) {
  return (
    <>
      {ids.map((id, place) => (
        <span key={id}>
          {place > 0 && ", "}
          <To to={evidencePath(id)}>see the decision</To>
        </span>
      ))}
    </>
  );
}
