import { useQuery } from "@tanstack/react-query";

import { cardPage } from "src/api/cards";
import { CardDownloads, CardFrame } from "src/components/CardFrame";
import { Faces } from "src/components/Faces";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import type { Evidence } from "src/features/evidence/queries";
import { bodyOf, text, texts, words } from "src/features/evidence/reading";

/** The model card as it was recorded. */
export function CardReport({ evidence }: { readonly evidence: Evidence }) {
  const body = bodyOf(evidence.document);
  const page = useQuery(cardPage(evidence.evidence_id));
  return (
    <Section
      actions={<CardDownloads evidenceId={evidence.evidence_id} />}
      level={3}
      title="Model card"
    >
      <Facts
        facts={[
          ["MLflow run", text(body.run_id)],
          ["Kept at", text(body.artifact_uri)],
          ["Not stated", texts(body.missing).map(words).join(", ") || undefined],
        ]}
      />
      <Faces query={page} what="card">
        {(html) => <CardFrame html={html} title={`Model card: ${evidence.subject}`} />}
      </Faces>
    </Section>
  );
}
