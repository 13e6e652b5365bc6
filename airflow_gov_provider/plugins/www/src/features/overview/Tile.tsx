import { Flex, Heading, Stack, Text } from "@chakra-ui/react";
import { type ReactNode, useId } from "react";

import { State } from "src/components/Badges";
import { To } from "src/components/Links";
import type { Level } from "src/features/overview/queries";
import { LEVELS } from "src/features/overview/words";

interface TileProps {
  readonly title: string;
  readonly level: Level;
  /** The page behind the figures. */
  readonly to: string;
  readonly linkText: string;
  readonly figure: ReactNode;
  /** What the figure counts, to be read after it. */
  readonly words: ReactNode;
  /** How it went in 30 days. */
  readonly trend?: ReactNode;
  /** Further facts, a line each. */
  readonly children?: ReactNode;
}

/** One answer: a number, what it means, how it went, and where to look. */
export function Tile(props: TileProps) {
  const { title, level, to, linkText, figure, words, trend, children } = props;
  const id = useId();
  const { tone, text } = LEVELS[level];
  return (
    <Stack
      aria-labelledby={id}
      as="section"
      borderRadius="md"
      borderWidth="1px"
      gap={3}
      minW={0}
      p={4}
    >
      <Flex align="start" gap={2} justify="space-between">
        <Heading as="h3" id={id} size="sm">
          {title}
        </Heading>
        <State tone={tone}>{text}</State>
      </Flex>
      <Stack gap={0}>
        <Flex align="center" gap={3} justify="space-between">
          <Text
            fontSize="2xl"
            fontVariantNumeric="tabular-nums"
            fontWeight="semibold"
            lineHeight="short"
            minW={0}
            overflowWrap="anywhere"
          >
            {figure}
          </Text>
          {trend !== undefined && (
            <Flex align="center" color="fg.muted" fontSize="xs" gap={2}>
              {trend} 30 days
            </Flex>
          )}
        </Flex>
        <Text color="fg.muted">{words}</Text>
      </Stack>
      <Stack flex="1" fontSize="sm" gap={1}>
        {children}
      </Stack>
      <To fontSize="sm" to={to} width="fit-content">
        {linkText} →
      </To>
    </Stack>
  );
}
