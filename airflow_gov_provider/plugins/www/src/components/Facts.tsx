import { DataList } from "@chakra-ui/react";
import { Fragment, type ReactNode } from "react";

interface FactsProps {
  /** Label and value; a fact whose value is undefined is left out. */
  readonly facts: readonly (readonly [string, ReactNode])[];
  readonly orientation?: "horizontal" | "vertical";
}

/** Names and values. */
export function Facts({ facts, orientation = "horizontal" }: FactsProps) {
  return (
    <DataList.Root orientation={{ base: "vertical", md: orientation }} size="md">
      {facts.map(([label, value]) => (
        <Fragment key={label}>
          {value !== undefined && (
            <DataList.Item>
              <DataList.ItemLabel minW="40">{label}</DataList.ItemLabel>
              <DataList.ItemValue overflowWrap="anywhere">{value}</DataList.ItemValue>
            </DataList.Item>
          )}
        </Fragment>
      ))}
    </DataList.Root>
  );
}
