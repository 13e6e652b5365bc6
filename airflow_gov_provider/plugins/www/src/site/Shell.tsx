import { chakra, Flex, Link, Stack } from "@chakra-ui/react";
import type { ReactNode } from "react";
import { Link as RouterLink } from "react-router-dom";

export interface Entry {
  readonly label: string;
  readonly to: string;
  readonly isCurrent: boolean;
}

interface ShellProps {
  readonly entries: readonly Entry[];
  readonly children: ReactNode;
}

/** On a phone the row is wider than the screen. */
function intoView(link: HTMLElement | null): void {
  link?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** A page below a row of links to its neighbours. */
export function Shell({ entries, children }: ShellProps) {
  return (
    <Stack gap={4} minW={0} p={{ base: 2, md: 4 }} width="full">
      <chakra.nav aria-label="Governance" borderBottomWidth="1px" overflowX="auto">
        <Flex gap={1}>
          {entries.map(({ label, to, isCurrent }) => (
            <Link
              _currentPage={{ borderColor: "fg.info", color: "fg", fontWeight: "semibold" }}
              _hover={{ color: "fg", textDecoration: "none" }}
              asChild
              borderBottomWidth="2px"
              borderColor="transparent"
              borderRadius={0}
              color="fg.muted"
              fontSize="sm"
              key={to}
              px={3}
              py={2}
              whiteSpace="nowrap"
            >
              <RouterLink
                aria-current={isCurrent ? "page" : undefined}
                ref={isCurrent ? intoView : undefined}
                to={to}
              >
                {label}
              </RouterLink>
            </Link>
          ))}
        </Flex>
      </chakra.nav>
      {children}
    </Stack>
  );
}
