import { Text } from "@chakra-ui/react";

import { State } from "src/components/Badges";
import { useNow } from "src/components/useNow";
import { Age } from "src/components/When";
import type { Approval } from "src/features/approvals/queries";

const SOON = 24 * 3_600_000;

type Request = Pick<Approval, "opened_at" | "expires_at" | "requester" | "state">;

/** How long a request waits, and for whom. */
export function Asked({ request }: { readonly request: Request }) {
  const now = useNow();
  return (
    <>
      <Age at={request.opened_at} now={now} />
      <Text color="fg.muted">{request.requester ?? "on a schedule or event"}</Text>
    </>
  );
}

/** How much time is left; what is short of a day stands out. */
export function Deadline({ request: { expires_at: at, state } }: { readonly request: Request }) {
  const now = useNow();
  if (at === null) return <>None</>;
  const left = Date.parse(at) - now;
  if (state !== "pending" || left >= SOON) return <Age at={at} now={now} />;
  if (left < 0) return <State tone="bad">Time is over</State>;
  return (
    <State tone="warning">
      <Age at={at} now={now} />
    </State>
  );
}
