import { Box, chakra, Text } from "@chakra-ui/react";

import { color } from "src/components/charts/tones";
import { useWidth } from "src/components/charts/useWidth";
import {
  type Box as Place,
  boxesOf,
  type Column,
  type Sizes,
  type Tie,
} from "src/features/evidence/chain/layout";
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
    down: 12,
    height: 88,
    width: Math.min(LARGEST, Math.max(SMALLEST, fitting)),
  };
  const places = boxesOf(columns, sizes);
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
          {ties.map((tie) => (
            <TieLine
              isSelected={tie.source === selected || tie.target === selected}
              key={`${tie.source} ${tie.target}`}
              places={places}
              sizes={sizes}
              tie={tie}
            />
          ))}
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
  readonly places: ReadonlyMap<string, Place>;
  readonly sizes: Sizes;
  readonly isSelected: boolean;
}

function TieLine({ tie, places, sizes, isSelected }: LineProps) {
  const [from, to] = [places.get(tie.source), places.get(tie.target)];
  const isBroken = tie.edges.some(({ holds }) => !holds);
  if (from === undefined || to === undefined) return null;
  if (tie.isShortcut && !isSelected && !isBroken) return null;
  const start = { x: from.x + sizes.width, y: from.y + sizes.height / 2 + HEAD };
  const end = { x: to.x, y: to.y + sizes.height / 2 + HEAD };
  const bend = Math.max(18, (end.x - start.x) / 2);
  const d = `M${String(start.x)},${String(start.y)} C${String(start.x + bend)},${String(start.y)} ${String(end.x - bend)},${String(end.y)} ${String(end.x)},${String(end.y)}`;
  const stroke = isBroken ? "red.solid" : isSelected ? "blue.solid" : "border.emphasized";
  return (
    <path
      d={d}
      fill="none"
      stroke={color(stroke)}
      strokeDasharray={isBroken ? "5 4" : undefined}
      strokeWidth={isSelected ? 2 : 1.25}
    />
  );
}
