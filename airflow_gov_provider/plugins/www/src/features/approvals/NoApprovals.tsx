import { chakra } from "@chakra-ui/react";

import { Nothing } from "src/components/Faces";
import type { Scope } from "src/components/scope";
import type { ListName } from "src/features/approvals/words";

interface NoneProps {
  readonly list: ListName;
  readonly isFiltered: boolean;
  readonly scope: Scope;
}

/** Why a list is empty, and what would fill it. */
export function NoApprovals({ list, isFiltered, scope }: NoneProps) {
  if (isFiltered) {
    return <Nothing title="No request fits the filters">Clear some of them to see more.</Nothing>;
  }
  const here = scope.dagId === undefined ? "" : " here";
  if (list === "mine") {
    return (
      <Nothing title={`Nothing waits for you${here}`}>
        A request appears when a Dag asks for an approval that you may give.
      </Nothing>
    );
  }
  if (list === "others") {
    return (
      <Nothing title={`Nothing waits for others${here}`}>
        What other people are asked, and what you have asked for yourself, waits in this list.
      </Nothing>
    );
  }
  return (
    <Nothing title={`Nothing was decided${here} yet`}>
      A <chakra.code>HumanApprovalSensor</chakra.code> in a Dag asks a person before the tasks after
      it run; what becomes of it is kept in this list.
    </Nothing>
  );
}
