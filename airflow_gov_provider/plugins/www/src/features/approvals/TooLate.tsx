import { Alert, Box, HStack, Text } from "@chakra-ui/react";

import { CopyButton } from "src/components/CopyButton";
import type { Answer, ApprovalView } from "src/features/approvals/queries";

interface TooLateProps {
  readonly answer: Answer;
  readonly request: ApprovalView;
}

/** That an answer came second and has no effect; its reason stays, to be copied. */
export function TooLate({ answer: { choice, reason }, request }: TooLateProps) {
  const by = request.asking?.answered_by ?? request.decided_by;
  return (
    <Alert.Root alignItems="start" status="error">
      <Alert.Indicator />
      <Alert.Content>
        <Alert.Title>Your {choice} did not count</Alert.Title>
        <Alert.Description as="div" overflowWrap="anywhere">
          <Text>
            The request was already answered{by !== null && ` by ${by}`}, and Airflow takes one
            answer, the first. What you wrote is kept nowhere but here:
          </Text>
          <HStack alignItems="start" gap={1} mt={1}>
            <Box borderStartWidth="2px" minW={0} ps={3} whiteSpace="pre-wrap">
              {reason}
            </Box>
            <CopyButton value={reason} what="your reason" />
          </HStack>
        </Alert.Description>
      </Alert.Content>
    </Alert.Root>
  );
}
