import { chakra, Text } from "@chakra-ui/react";

import { sentence, VerdictBadge } from "src/components/Badges";
import type { Finding, Shown } from "src/features/approvals/queries";

/** What did not pass, in words: what was expected, what was found, and why. */
export function Findings({ item }: { readonly item: Shown }) {
  if (item.findings.length === 0) return null;
  return (
    <>
      <chakra.ul aria-label="What did not pass" listStyleType="none" mt={2}>
        {item.findings.map((finding, place) => (
          <chakra.li
            alignItems="start"
            borderTopWidth="1px"
            display="grid"
            gap={{ base: 1, md: 3 }}
            gridTemplateColumns={{ base: "minmax(0, 1fr)", md: "7.5rem minmax(0, 1fr)" }}
            // The same check may fail for the same column twice; their order tells them apart.
            key={`${finding.kind} ${finding.subject} ${String(place)}`}
            py={1.5}
          >
            <VerdictBadge verdict={finding.verdict} />
            <Told finding={finding} />
          </chakra.li>
        ))}
      </chakra.ul>
      {item.more_findings > 0 && (
        <Text color="fg.muted" fontSize="sm">
          And {item.more_findings} more, in the full report.
        </Text>
      )}
    </>
  );
}

function Told({ finding }: { readonly finding: Finding }) {
  const { expected, observed, reason } = finding;
  return (
    <Text overflowWrap="anywhere">
      <chakra.span fontWeight="medium">
        {finding.subject}: {sentence(finding.kind).toLowerCase()}
      </chakra.span>
      {finding.is_warning && " (a warning only)"}
      {expected !== null && <>, expected {expected}</>}
      {observed !== null && (
        <>
          , found <strong>{observed}</strong>
        </>
      )}
      {reason !== null && (
        <chakra.span color="fg.muted" display="block">
          {reason}
        </chakra.span>
      )}
    </Text>
  );
}
