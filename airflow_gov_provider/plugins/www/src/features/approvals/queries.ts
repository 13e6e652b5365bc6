import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { ApiError } from "src/api/ApiError";
import { airflow, call, governance, type Schemas } from "src/api/client";
import { keysetPages } from "src/api/pages";
import type { paths } from "src/api/schema.gen";

export type Approval = Schemas["ApprovalItem"];
export type ApprovalView = Schemas["ApprovalDetail"];
export type Shown = Schemas["ShownEvidence"];
export type Finding = Schemas["ShownFinding"];
export type Vote = Schemas["VoteItem"];
export type Earlier = Schemas["EarlierRequest"];
export type Choice = "Approve" | "Reject";

type Query = NonNullable<paths["/v1/approvals"]["get"]["parameters"]["query"]>;
export type ApprovalFilters = Omit<Query, "cursor" | "limit">;

const EVERY = 30_000;
const WHILE_JUDGED = 1_500;

export const approvalPages = (filters: ApprovalFilters) => ({
  ...keysetPages(["approvals", "list", filters], (cursor, signal) =>
    call(governance().GET("/v1/approvals", { params: { query: { ...filters, cursor } }, signal })),
  ),
  refetchInterval: EVERY,
});

const detailKey = (requestId: string) => ["approvals", "one", requestId];

/** Whether an answer is with Airflow, and its task has not judged it yet. */
export const isBeingJudged = ({ state, asking }: ApprovalView): boolean =>
  state === "pending" && asking !== null && asking.answered_at !== null;

/** @param isAnswered whether this page has given an answer, and waits for what becomes of it. */
export const approvalDetail = (requestId: string, isAnswered: boolean) =>
  queryOptions({
    queryKey: detailKey(requestId),
    queryFn: ({ signal }) =>
      call(
        governance().GET("/v1/approvals/{request_id}", {
          params: { path: { request_id: requestId } },
          signal,
        }),
      ),
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined || data.state !== "pending") return false;
      return isAnswered || isBeingJudged(data) ? WHILE_JUDGED : EVERY;
    },
  });

export interface Answer {
  readonly choice: Choice;
  readonly reason: string;
}

/** An answer that this page has sent, and that Airflow has taken. */
export interface Sent {
  /** How many answers there were before; what comes after them is what became of it. */
  readonly after: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What becomes of an answer; told also where the form is gone by then. */
interface Becomes {
  readonly onTaken: () => void;
  /** Somebody has answered before: Airflow takes one answer, the first. */
  readonly onTooLate: (answer: Answer) => void;
}

/** Whether Airflow refused an answer since it has one already. */
export const isTooLate = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409;

/** Answer through Airflow's own API, under the rights of whoever is signed in. */
export function useAnswer(
  { request_id: requestId, answer_form: form }: ApprovalView,
  { onTaken, onTooLate }: Becomes,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ choice, reason }: Answer) => {
      if (form === null) throw new Error("it is decided already");
      await airflow("PATCH", form.path, {
        body: { chosen_options: [choice], params_input: { ...form.params, reason } },
      });
    },
    onSuccess: onTaken,
    onError: (error, answer) => {
      if (isTooLate(error)) onTooLate(answer);
    },
    // Also after a refusal: somebody else may have answered meanwhile.
    onSettled: () => client.invalidateQueries({ queryKey: detailKey(requestId) }),
  });
}

/** What lists show has changed, because a request was decided. */
export function useForgetLists() {
  const client = useQueryClient();
  return useCallback(
    () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["approvals", "list"] }),
        client.invalidateQueries({ queryKey: ["overview"] }),
      ]),
    [client],
  );
}
