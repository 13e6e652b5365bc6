import { Alert, Flex, Link, List, Skeleton, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { State, type Tone } from "src/components/Badges";
import { Failure } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";
import { useNow } from "src/components/useNow";
import { Age, When } from "src/components/When";
import { type LedgerReport, ledgerReport } from "src/features/audit/queries";
import { number } from "src/features/audit/words";

interface StripProps {
  readonly onOpen: (eventId: string) => void;
}

type Status = LedgerReport["verification"]["status"];

const STATUS: Record<Status, readonly [Tone, string]> = {
  broken: ["bad", "Ledger is broken"],
  intact: ["good", "Ledger is intact"],
  unverified: ["unsure", "Ledger was not verified yet"],
};
const NO_MORE = ["warning", "Ledger is not verified to its end"] as const;

/** How far the ledger is and whether it is as it was sealed, in one line; red if it is not. */
export function LedgerStrip({ onOpen }: StripProps) {
  const { data, error, refetch } = useQuery(ledgerReport());
  if (data === undefined) {
    return error === null ? (
      <Skeleton height="6" />
    ) : (
      <Failure
        error={error}
        onRetry={() => void refetch()}
        what="The state of the ledger could not be read"
      />
    );
  }
  return (
    <>
      <Line report={data} />
      {data.verification.status === "broken" && (
        <Broken onOpen={onOpen} verification={data.verification} />
      )}
    </>
  );
}

function Line({ report }: { readonly report: LedgerReport }) {
  const { checkpoint, unsealed_events, verification } = report;
  const now = useNow();
  const { status, verified_at } = verification;
  const [tone, words] = status === "unverified" && verified_at !== null ? NO_MORE : STATUS[status];
  return (
    <Flex align="center" columnGap={5} fontSize="sm" rowGap={1} wrap="wrap">
      <State tone={tone}>{words}</State>
      <Fact label="Sealed">
        {checkpoint === null ? (
          "nothing yet; the collector seals within seconds"
        ) : (
          <>
            {number(checkpoint.size)} events, last <Age at={checkpoint.sealed_at} now={now} />
          </>
        )}
      </Fact>
      <Fact label="Waiting">{number(unsealed_events)}</Fact>
      <Fact label="Read again">
        {verified_at === null ? (
          "never"
        ) : (
          <>
            <Age at={verified_at} now={now} />, in this round up to leaf{" "}
            {number(verification.reread_until)}
          </>
        )}
      </Fact>
      <Fact label="Last anchor">
        <When at={report.anchors.last_at} none="none" />
      </Fact>
    </Flex>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <Text as="span" display="inline-flex" gap={1}>
      <Text as="span" color="fg.muted">
        {label}
      </Text>
      <span>{children}</span>
    </Text>
  );
}

interface BrokenProps {
  readonly verification: LedgerReport["verification"];
  readonly onOpen: (eventId: string) => void;
}

const SHOWN = 5;

function Broken({ verification, onOpen }: BrokenProps) {
  const { problems, problem_count, incident_id } = verification;
  const rest = problem_count - Math.min(problems.length, SHOWN);
  return (
    <Alert.Root alignItems="start" status="error">
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>The ledger is not as it was sealed</Alert.Title>
        <Alert.Description>
          <List.Root ps={4}>
            {problems.slice(0, SHOWN).map(({ what, leaf_index, event_id }) => (
              <List.Item key={`${String(leaf_index)} ${what}`}>
                {leaf_index !== null && `Leaf ${number(leaf_index)}: `}
                {what}{" "}
                {event_id !== null && (
                  <Link asChild colorPalette="red" variant="underline">
                    <button
                      onClick={() => {
                        onOpen(event_id);
                      }}
                      type="button"
                    >
                      Show the event
                    </button>
                  </Link>
                )}
              </List.Item>
            ))}
          </List.Root>
          {rest > 0 && `${number(rest)} ${problems.length > 0 ? "more" : ""} problems. `}
          {problems.length === 0 && "Only users who may read every Dag are told where. "}
          {incident_id !== null && (
            <To color="inherit" to={governancePath(`incidents/${incident_id}`)} variant="underline">
              Open the incident
            </To>
          )}
        </Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}
