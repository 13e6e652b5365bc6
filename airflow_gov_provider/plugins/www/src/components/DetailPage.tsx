import { Heading, HStack, Stack } from "@chakra-ui/react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ApiError } from "src/api/ApiError";
import { Faces, Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";

interface DetailProps<Data> {
  /** One of them, such as `incident`. */
  readonly what: string;
  /** All of them, such as `incidents`. */
  readonly all: string;
  /** Where all of them are, below the site. */
  readonly path: string;
  readonly query: UseQueryResult<Data>;
  readonly children: (data: Data) => ReactNode;
}

/** The page of one thing, with the way back to all of them; what may not be read is not there. */
export function DetailPage<Data>({ what, all, path, query, children }: DetailProps<Data>) {
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Nothing title={`There is no such ${what}`}>
        Or it is about a Dag that you may not read. <To to={governancePath(path)}>See all {all}</To>
        .
      </Nothing>
    );
  }
  return (
    <Stack gap={4}>
      <To fontSize="sm" to={governancePath(path)} width="fit-content">
        ← All {all}
      </To>
      <Faces query={query} what={what}>
        {children}
      </Faces>
    </Stack>
  );
}

interface HeaderProps {
  readonly title: ReactNode;
  /** What is to be known at once: badges, and little else. */
  readonly children: ReactNode;
}

export function DetailHeader({ title, children }: HeaderProps) {
  return (
    <Stack as="header" gap={2}>
      <Heading as="h2" overflowWrap="anywhere" size="lg">
        {title}
      </Heading>
      <HStack fontSize="sm" gap={2} wrap="wrap">
        {children}
      </HStack>
    </Stack>
  );
}
