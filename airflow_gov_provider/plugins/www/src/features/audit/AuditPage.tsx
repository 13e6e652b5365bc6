import { Stack } from "@chakra-ui/react";
import { useCallback, useState } from "react";

import { Section } from "src/components/Section";
import type { Scope } from "src/components/scope";
import { AuditFilterBar, FilterTools, hasSeldomFilter } from "src/features/audit/AuditFilterBar";
import { EventDrawer } from "src/features/audit/EventDrawer";
import { ExportMenu } from "src/features/audit/ExportMenu";
import { LedgerStrip } from "src/features/audit/LedgerStrip";
import { EventTimeline } from "src/features/audit/timeline/EventTimeline";
import { useAuditFilters } from "src/features/audit/useAuditFilters";

/** The ledger as a timeline: everything, or what is about one Dag, run or task instance. */
export function AuditPage({ scope }: { readonly scope: Scope }) {
  const audit = useAuditFilters(scope);
  const { change, wanted, shown, at, eventId } = audit;
  const [isOpen, setIsOpen] = useState(() => hasSeldomFilter(audit));
  const open = useCallback(
    (event: string | undefined) => {
      change({ event });
    },
    [change],
  );
  const moveTo = useCallback(
    (moment: string | undefined) => {
      change({ at: moment });
    },
    [change],
  );
  return (
    <Section
      about="Everything that happened, who saw it, and whether it is still as it was sealed."
      actions={<ExportMenu filters={wanted} />}
      title="Audit"
    >
      <Stack gap={3}>
        <LedgerStrip onOpen={open} />
        <AuditFilterBar audit={audit} isOpen={isOpen} scope={scope} />
        <EventTimeline
          at={at}
          filters={shown}
          isFiltered={audit.isFiltered}
          key={JSON.stringify([shown, at])}
          moveTo={moveTo}
          onOpen={open}
          opened={eventId}
          scope={scope}
          tools={
            <FilterTools
              audit={audit}
              isOpen={isOpen}
              onToggle={() => {
                setIsOpen(!isOpen);
              }}
            />
          }
        />
      </Stack>
      <EventDrawer
        eventId={eventId}
        onClose={() => {
          open(undefined);
        }}
      />
    </Section>
  );
}
