import { Box, List, Text } from "@chakra-ui/react";

import { When } from "src/components/When";
import type { EventDetail } from "src/features/audit/queries";
import { witnessName } from "src/features/audit/words";

/** Who saw an event, and when each of them says it was. */
export function Sightings({ event }: { readonly event: EventDetail }) {
  const { witness, occurred_at } = event;
  const own = event.sightings.find((one) => one.witness === witness);
  const sightings = event.sightings.filter((one) => one !== own);
  return (
    <Box fontSize="sm">
      <List.Root gap={1} ps={4}>
        <List.Item>
          <strong>{witnessName(witness)}</strong> at <When at={occurred_at} />{" "}
          <Text as="span" color="fg.muted" overflowWrap="anywhere">
            {own !== undefined && `as ${own.reference} `}(tells what is shown here)
          </Text>
        </List.Item>
        {sightings.map(({ witness: other, reference, occurred_at: at }) => (
          <List.Item key={`${other} ${reference}`}>
            <strong>{witnessName(other)}</strong> at <When at={at} />{" "}
            <Text as="span" color="fg.muted" overflowWrap="anywhere">
              as {reference}
            </Text>
          </List.Item>
        ))}
      </List.Root>
      {sightings.length === 0 && (
        <Text color="fg.muted" mt={1}>
          No other witness has told of it.
        </Text>
      )}
    </Box>
  );
}
