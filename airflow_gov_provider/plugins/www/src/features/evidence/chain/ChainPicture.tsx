import { Box, chakra, Text } from "@chakra-ui/react";

import { color } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";
import { boxesOf, type Column, type Sizes, type Tie } from "src/features/evidence/chain/layout";
import { routesOf } from "src/features/evidence/chain/routes";
import { PileButton } from "src/features/evidence/chain/PileButton";
import { kindText } from "src/features/evidence/words";

const HEAD = 28;
const SMALLEST = 132;
const LARGEST = 220;

interface PictureProps {
  readonly columns: readonly Column[];
  readonly ties: readonly Tie[];
  readonly selected: string | undefined;
  readonly onSelect: (pileId: string) => void;
}

/** Steps from left to right, and lines where one document names another. */
export function ChainPicture({ columns, ties, selected, onSelect }: PictureProps) {
  const { ref, width } = useWidth<HTMLDivElement>(1000);
  const across = 36;
  const fitting = Math.floor((width - across * (columns.length - 1)) / columns.length);
  const sizes: Sizes = {
    across,
    down: 16,
    height: 88,
    width: Math.min(LARGEST, Math.max(SMALLEST, fitting)),
  };
  const places = boxesOf(columns, sizes);
  const isOf = (tie: Tie) => tie.source === selected || tie.target === selected;
  const shown = ties
    .filter((tie) => !tie.isShortcut || isOf(tie) || tie.edges.some(({ holds }) => !holds))
    .sort((one, other) => Number(isOf(one)) - Number(isOf(other)));
  const routes = routesOf(shown, columns, places, sizes);
  const longest = Math.max(...columns.map(({ piles }) => piles.length));
  const size = {
    height: HEAD + longest * (sizes.height + sizes.down),
    width: columns.length * (sizes.width + across) - across,
  };
  return (
    <Box minW={0} overflowX="auto" pb={2} ref={ref}>
      <Box
        height={`${String(size.height)}px`}
        position="relative"
        width={`${String(size.width)}px`}
      >
        <chakra.svg
          aria-hidden="true"
          height="full"
          overflow="visible"
          pointerEvents="none"
          position="absolute"
          width="full"
        >
          <g transform={`translate(0,${String(HEAD)})`}>
            {shown.map((tie) => (
              <TieLine
                d={routes.get(tie) ?? ""}
                isSelected={isOf(tie)}
                key={`${tie.source} ${tie.target}`}
                tie={tie}
              />
            ))}
          </g>
        </chakra.svg>
        {columns.map(({ kind, piles }, place) => (
          <Box as="section" aria-label={kindText(kind)} key={kind}>
            <Text
              color="fg.muted"
              fontSize="xs"
              fontWeight="semibold"
              left={`${String(place * (sizes.width + across))}px`}
              position="absolute"
              top={0}
            >
              {kindText(kind)}
            </Text>
            {piles.map((pile) => {
              const at = places.get(pile.id) ?? { x: 0, y: 0 };
              return (
                <Box
                  height={`${String(sizes.height)}px`}
                  key={pile.id}
                  left={`${String(at.x)}px`}
                  position="absolute"
                  top={`${String(at.y + HEAD)}px`}
                  width={`${String(sizes.width)}px`}
                >
                  <PileButton
                    isSelected={pile.id === selected}
                    onSelect={() => {
                      onSelect(pile.id);
                    }}
                    pile={pile}
                  />
                </Box>
              );
            })}
          </Box>
        ))}
      </Box>
    </Box>
  );
}

interface LineProps {
  readonly tie: Tie;
  readonly d: string;
  readonly isSelected: boolean;
}

function TieLine({ tie, d, isSelected }: LineProps) {
  const isBroken = tie.edges.some(({ holds }) => !holds);
  const stroke = isBroken ? "red.solid" : isSelected ? "blue.solid" : "border.emphasized";
  return (
    <path
      d={d}
      fill="none"
      stroke={color(stroke)}
      strokeDasharray={isBroken ? "5 4" : undefined}
      strokeWidth={isSelected ? 2 : 1.5}
    />
  );
}
