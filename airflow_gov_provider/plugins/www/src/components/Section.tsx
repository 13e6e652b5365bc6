import { Box, Flex, Heading, HStack, Stack, Text } from "@chakra-ui/react";
import { type ReactNode, useId } from "react";

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
  /** A sentence below the title. */
  readonly about?: ReactNode;
  /** Buttons and the like, at the end of the title's line. */
  readonly actions?: ReactNode;
  readonly level?: 2 | 3;
}

/** A titled part of a page, and the page itself. */
export function Section({ title, children, about, actions, level = 2 }: SectionProps) {
  const id = useId();
  return (
    <Stack aria-labelledby={id} as="section" gap={3}>
      <Flex align="center" gap={3} justify="space-between" wrap="wrap">
        <Box>
          <Heading as={level === 2 ? "h2" : "h3"} id={id} size={level === 2 ? "lg" : "md"}>
            {title}
          </Heading>
          {about !== undefined && <Text color="fg.muted">{about}</Text>}
        </Box>
        {actions !== undefined && <HStack gap={2}>{actions}</HStack>}
      </Flex>
      {children}
    </Stack>
  );
}
