import { chakra } from "@chakra-ui/react";

import { sentence } from "src/components/Badges";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { When } from "src/components/When";
import type { Evidence } from "src/features/evidence/queries";
import { bodyOf, number, record, records, text, texts } from "src/features/evidence/reading";
import { NamedEvidence } from "src/features/evidence/reports/NamedEvidence";

/** Who decided, when and why, and what they had seen. */
export function ApprovalReport({ evidence }: { readonly evidence: Evidence }) {
  const body = bodyOf(evidence.document);
  const by = record(body.decided_by);
  const reason = text(body.reason);
  const refused = number(body.refused_answers) ?? 0;
  const shown = records(body.shown);
  return (
    <>
      <Section level={3} title="Decision">
        {reason !== undefined && (
          <chakra.blockquote
            borderColor="border.emphasized"
            borderStartWidth="3px"
            maxW="prose"
            ps={3}
            whiteSpace="pre-wrap"
          >
            {reason}
          </chakra.blockquote>
        )}
        <Facts
          facts={[
            ["Decision", sentence(text(body.decision) ?? "unknown")],
            ["Decided by", text(by.name) ?? "nobody"],
            ["Answered", <When at={text(body.answered_at)} key="at" />],
            ["Asked", <When at={text(body.opened_at)} key="asked" />],
            [
              "Could answer until",
              <When at={text(body.expires_at)} key="end" none="without end" />,
            ],
            ["Requested by", text(body.requester) ?? "a schedule or event"],
            ["Could answer", texts(body.approvers).join(", ") || "anyone who may edit the Dag"],
            ["Refused answers", refused === 0 ? undefined : refused],
          ]}
        />
      </Section>
      <Section
        about="The decision stands for exactly these, by their digests."
        level={3}
        title={`What was shown (${String(shown.length)})`}
      >
        <NamedEvidence entries={shown} label="Evidence that was shown" />
      </Section>
    </>
  );
}
