import { infiniteQueryOptions, type QueryKey } from "@tanstack/react-query";

interface KeysetPage {
  readonly next_cursor: string | null;
}

/**
 * A list that is read page by page, each from where the one before has ended.
 *
 * @param read one page; `cursor` is undefined for the first.
 */
export const keysetPages = <Page extends KeysetPage>(
  queryKey: QueryKey,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page>,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page) => page.next_cursor ?? undefined,
  });
