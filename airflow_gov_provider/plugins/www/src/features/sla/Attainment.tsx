import { Box, chakra, Text } from "@chakra-ui/react";

import { percent } from "src/features/sla/words";

interface AttainmentProps {
  readonly attainment: number | null;
  readonly target: number;
}

/** From where the bar starts, so that the last few per cent can be told apart. */
const FROM = 0.8;
const place = (share: number) => `${String(Math.max(0, (share - FROM) / (1 - FROM)) * 100)}%`;

/** The share that was met against the target, as words and as a bar from 80 % to 100 %. */
export function Attainment({ attainment, target }: AttainmentProps) {
  if (attainment === null) return <Text color="fg.muted">Nothing counted yet</Text>;
  const isKept = attainment >= target;
  return (
    <Box minW="36">
      <Text whiteSpace="nowrap">
        <chakra.span color={isKept ? "green.fg" : "red.fg"} fontWeight="semibold">
          {percent(attainment)}
        </chakra.span>{" "}
        <chakra.span color="fg.muted">
          {isKept ? "target" : "below"} {percent(target)}
        </chakra.span>
      </Text>
      <Box
        aria-hidden="true"
        bg="bg.emphasized"
        borderRadius="full"
        h="1.5"
        mt={1}
        position="relative"
        title="From 80 % to 100 %; the mark is the target"
      >
        <Box
          bg={isKept ? "green.solid" : "red.solid"}
          borderRadius="full"
          h="full"
          width={place(attainment)}
        />
        <Box bg="fg" h="3" left={place(target)} position="absolute" top="-3px" w="2px" />
      </Box>
    </Box>
  );
}
