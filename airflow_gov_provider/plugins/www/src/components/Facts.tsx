import { chakra } from "@chakra-ui/react";
import { Fragment, type ReactNode } from "react";

interface FactsProps {
  /** Label and value; a fact whose value is undefined is left out. */
  readonly facts: readonly (readonly [string, ReactNode])[];
  readonly orientation?: "horizontal" | "vertical";
}

const ONE = "minmax(0, 1fr)";
const TWO = "minmax(8rem, max-content) minmax(0, 1fr)";

/** Names and values; on a phone each value stands below its name. */
export function Facts({ facts, orientation = "horizontal" }: FactsProps) {
  return (
    <chakra.dl
      columnGap={4}
      display="grid"
      fontSize="sm"
      gridTemplateColumns={{ base: ONE, md: orientation === "horizontal" ? TWO : ONE }}
      rowGap={{ base: 1, md: 2 }}
    >
      {facts.map(([label, value]) => (
        <Fragment key={label}>
          {value !== undefined && (
            <>
              <chakra.dt color="fg.muted">{label}</chakra.dt>
              <chakra.dd mb={{ base: 2, md: 0 }} overflowWrap="anywhere">
                {value}
              </chakra.dd>
            </>
          )}
        </Fragment>
      ))}
    </chakra.dl>
  );
}
