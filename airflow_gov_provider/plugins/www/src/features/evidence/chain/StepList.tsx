import { Box, Stack, Text } from "@chakra-ui/react";

import type { Column } from "src/features/evidence/chain/layout";
import { PileButton } from "src/features/evidence/chain/PileButton";
import { kindText } from "src/features/evidence/words";

interface ListProps {
  readonly columns: readonly Column[];
  readonly selected: string | undefined;
  readonly onSelect: (pileId: string) => void;
}

/** The steps one below the other, where there is no room for a picture. */
export function StepList({ columns, selected, onSelect }: ListProps) {
  return (
    <Stack gap={3}>
      {columns.map(({ kind, piles }) => (
        <Stack as="section" aria-label={kindText(kind)} gap={2} key={kind}>
          <Text color="fg.muted" fontSize="xs" fontWeight="semibold">
            {kindText(kind)}
          </Text>
          {piles.map((pile) => (
            <Box height="84px" key={pile.id}>
              <PileButton
                isSelected={pile.id === selected}
                onSelect={() => {
                  onSelect(pile.id);
                }}
                pile={pile}
              />
            </Box>
          ))}
        </Stack>
      ))}
    </Stack>
  );
}
