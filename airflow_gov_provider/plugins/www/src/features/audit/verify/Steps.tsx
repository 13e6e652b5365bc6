import { chakra, Flex, List, Text } from "@chakra-ui/react";
import { FiCheckCircle, FiHelpCircle, FiInfo, FiXCircle } from "react-icons/fi";

import type { Step } from "src/features/audit/verify/check";

const LOOKS = {
  bad: [FiXCircle, "fg.error", "Failed"],
  good: [FiCheckCircle, "fg.success", "Holds"],
  note: [FiInfo, "fg.muted", "For information"],
  unsure: [FiHelpCircle, "fg.warning", "Not checked"],
} as const satisfies Record<Step["verdict"], unknown>;

/** Each thing that was checked, how it went and why. */
export function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <List.Root aria-label="What was checked" gap={2} listStyle="none">
      {steps.map(({ title, verdict, said }) => {
        const [Icon, color, word] = LOOKS[verdict];
        return (
          <List.Item asChild key={title}>
            <Flex as="li" gap={2}>
              <chakra.span color={color} pt={1}>
                <Icon aria-label={word} role="img" />
              </chakra.span>
              <span>
                <Text fontWeight={verdict === "bad" ? "bold" : "medium"}>{title}</Text>
                <Text color="fg.muted" fontSize="sm" overflowWrap="anywhere">
                  {said}
                </Text>
              </span>
            </Flex>
          </List.Item>
        );
      })}
    </List.Root>
  );
}
