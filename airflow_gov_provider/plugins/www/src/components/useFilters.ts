import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router-dom";

export type Filters<Name extends string> = Readonly<Partial<Record<Name, string>>>;

interface UseFilters<Name extends string> {
  /** What the address says; an empty value is no filter. */
  readonly filters: Filters<Name>;
  /** Change some, keep the others; undefined or "" takes one away. */
  readonly change: (some: Filters<Name>) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
}

/**
 * Filters that live in the address, so that a page can be bookmarked and sent.
 *
 * @param names constant for the component; other parameters of the address are left alone.
 */
export function useFilters<Name extends string>(names: readonly Name[]): UseFilters<Name> {
  const [search, setSearch] = useSearchParams();
  const key = names.join(" ");
  const filters = useMemo(() => {
    const found = (key.split(" ") as Name[]).map((name) => [name, search.get(name)] as const);
    return Object.fromEntries(found.filter(([, value]) => Boolean(value))) as Filters<Name>;
  }, [key, search]);

  const change = useCallback(
    (some: Filters<Name>) => {
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(some) as [string, string | undefined][]) {
            if (value === undefined || value === "") next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setSearch],
  );
  const clear = useCallback(() => {
    change(Object.fromEntries(key.split(" ").map((name) => [name, undefined])) as Filters<Name>);
  }, [change, key]);
  return { change, clear, filters, isFiltered: Object.keys(filters).length > 0 };
}
