import { Button, Center, Text } from "@chakra-ui/react";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";

import { Failure } from "src/components/Faces";

interface LoadMoreProps<Page> {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page>>;
  readonly shown: number;
  /** Plural noun: "incidents". */
  readonly what: string;
}

/** The end of a list that is read page by page. */
export function LoadMore<Page>({ query, shown, what }: LoadMoreProps<Page>) {
  if (query.isFetchNextPageError) {
    return (
      <Failure
        error={query.error}
        onRetry={() => void query.fetchNextPage()}
        what={`More ${what} could not be read`}
      />
    );
  }
  return (
    <Center gap={3}>
      <Text color="fg.muted" fontSize="sm">
        {query.hasNextPage ? `${String(shown)} shown, there are more` : `${String(shown)} shown`}
      </Text>
      {query.hasNextPage && (
        <Button
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
          size="sm"
          variant="outline"
        >
          Show more
        </Button>
      )}
    </Center>
  );
}
