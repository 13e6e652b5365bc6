import { Alert, Box, Button, EmptyState, List, Skeleton, Stack, VStack } from "@chakra-ui/react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { FiInbox, FiRefreshCw } from "react-icons/fi";

import { ApiError } from "src/api/ApiError";

/** Rows that stand for what is being read. */
export function Loading({ rows = 5, what }: { readonly rows?: number; readonly what: string }) {
  return (
    <Stack aria-busy="true" aria-label={`Loading ${what}`} gap={2} role="status">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton height="8" key={row} />
      ))}
    </Stack>
  );
}

interface NothingProps {
  readonly title: string;
  /** What to do so that something is here. */
  readonly children: ReactNode;
  readonly icon?: ReactNode;
}

export function Nothing({ title, children, icon = <FiInbox /> }: NothingProps) {
  return (
    <EmptyState.Root>
      <EmptyState.Content>
        <EmptyState.Indicator aria-hidden="true">{icon}</EmptyState.Indicator>
        <VStack gap={1} maxW="prose" textAlign="center">
          <EmptyState.Title>{title}</EmptyState.Title>
          <EmptyState.Description as="div" color="fg.muted">
            {children}
          </EmptyState.Description>
        </VStack>
      </EmptyState.Content>
    </EmptyState.Root>
  );
}

interface FailureProps {
  readonly error: unknown;
  /** What could not be done: "The incidents could not be read". */
  readonly what: string;
  readonly onRetry?: () => void;
}

/** What failed, why, and a way to try again. */
export function Failure({ error, what, onRetry }: FailureProps) {
  const problems = error instanceof ApiError ? error.problems : [];
  const reason = error instanceof Error ? error.message : String(error);
  return (
    <Alert.Root alignItems="start" status="error">
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>{what}</Alert.Title>
        <Alert.Description>
          {reason}
          {problems.length > 0 && (
            <List.Root ps={4}>
              {problems.map(({ message }) => (
                <List.Item key={message}>{message}</List.Item>
              ))}
            </List.Root>
          )}
        </Alert.Description>
      </Alert.Content>
      {onRetry !== undefined && (
        <Button onClick={onRetry} size="sm" variant="outline">
          <FiRefreshCw aria-hidden="true" /> Try again
        </Button>
      )}
    </Alert.Root>
  );
}

interface FacesProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** Plural noun of what is shown: "incidents". */
  readonly what: string;
  readonly isEmpty?: (data: Data) => boolean;
  readonly empty?: ReactNode;
  readonly loading?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/**
 * Loading, error, empty or full. What was read before stays in sight when reading it again fails,
 * below what failed.
 */
export function Faces<Data>({ query, what, isEmpty, empty, loading, children }: FacesProps<Data>) {
  const { data, error, isPending } = query;
  const retry = () => void query.refetch();
  if (isPending) return loading ?? <Loading what={what} />;
  const failure = error !== null && (
    <Failure error={error} onRetry={retry} what={`The ${what} could not be read`} />
  );
  if (data === undefined) return failure;
  return (
    <>
      {failure !== false && <Box mb={3}>{failure}</Box>}
      {isEmpty?.(data) === true ? empty : children(data)}
    </>
  );
}
