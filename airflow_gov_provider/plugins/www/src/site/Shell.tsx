import { Box, chakra, Flex, Link } from "@chakra-ui/react";
import { Navigate, NavLink, Route, Routes } from "react-router-dom";

import { Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import type { Scope } from "src/components/scope";
import { useBase } from "src/components/useBase";
import { PageBoundary } from "src/site/PageBoundary";
import type { SitePage } from "src/site/pages";

interface ShellProps {
  readonly pages: readonly SitePage[];
  readonly scope: Scope;
}

/** The pages below a row of links to them. */
export function Shell({ pages, scope }: ShellProps) {
  const base = useBase();
  const first = pages[0]?.path ?? "";
  return (
    <Flex direction="column" gap={4} minH={0} p={{ base: 2, md: 4 }} width="full">
      <Navigation base={base} pages={pages} />
      <Box minH={0} minW={0}>
        <Routes>
          <Route element={<Navigate replace to={`${base}/${first}`} />} index />
          {pages.map(({ Page, label, path }) => (
            <Route
              element={
                <PageBoundary key={path} label={label}>
                  <Page scope={scope} />
                </PageBoundary>
              }
              key={path}
              path={`${path}/*`}
            />
          ))}
          <Route element={<NoSuchPage base={base} />} path="*" />
        </Routes>
      </Box>
    </Flex>
  );
}

function Navigation({
  base,
  pages,
}: {
  readonly base: string;
  readonly pages: ShellProps["pages"];
}) {
  return (
    <chakra.nav aria-label="Governance" borderBottomWidth="1px" overflowX="auto">
      <Flex gap={1}>
        {pages.map(({ label, path }) => (
          <Link
            _currentPage={{ borderColor: "fg.info", color: "fg", fontWeight: "semibold" }}
            _hover={{ color: "fg", textDecoration: "none" }}
            asChild
            borderBottomWidth="2px"
            borderColor="transparent"
            borderRadius={0}
            color="fg.muted"
            fontSize="sm"
            key={path}
            px={3}
            py={2}
            whiteSpace="nowrap"
          >
            <NavLink to={`${base}/${path}`}>{label}</NavLink>
          </Link>
        ))}
      </Flex>
    </chakra.nav>
  );
}

function NoSuchPage({ base }: { readonly base: string }) {
  return (
    <Nothing title="There is nothing at this address">
      It may have been mistyped or moved. <To to={base}>Go to the start of governance</To>.
    </Nothing>
  );
}
