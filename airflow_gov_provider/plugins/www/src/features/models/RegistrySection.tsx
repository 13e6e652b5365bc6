import { Alert, List, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";

import type { ReactNode } from "react";

import { ApiError } from "src/api/ApiError";
import { type RegistryState, registryState } from "src/features/models/queries";

type Drift = RegistryState["items"][number];

/** Whether somebody moved an alias without a promotion. It never keeps the page waiting. */
export function RegistrySection({ name }: { readonly name: string }) {
  const { data, error } = useQuery(registryState(name));
  if (error instanceof ApiError && error.isRefusal) return null;
  if (error !== null) return <Muted>The registry could not be compared: {error.message}.</Muted>;
  if (data === undefined || data.status === "asking") {
    return <Muted>Asking the registry where its aliases point now …</Muted>;
  }
  if (data.status === "not_configured") {
    return (
      <Muted>
        The registry is not compared: this api-server knows no MLflow. Name it in
        mlflow_tracking_uri of [governance].
      </Muted>
    );
  }
  if (data.status === "unknown_model" || data.status === "unavailable") {
    return (
      <Alert.Root status="warning">
        <Alert.Indicator />
        <Alert.Content>
          <Alert.Title>
            {data.status === "unavailable"
              ? "The registry did not answer"
              : "The registry does not have this model"}
          </Alert.Title>
          <Alert.Description>{data.problem}</Alert.Description>
        </Alert.Content>
      </Alert.Root>
    );
  }
  return <Compared state={data} />;
}

function Compared({ state }: { readonly state: RegistryState }) {
  const drifted = state.items.filter(({ drift }) => drift !== "same");
  const elsewhere = state.elsewhere.length > 0 && (
    <Muted>Not compared: promotions into {state.elsewhere.join(", ")}.</Muted>
  );
  if (drifted.length === 0) {
    return (
      <>
        {state.items.length > 0 && (
          <Alert.Root status="success">
            <Alert.Indicator />
            <Alert.Title>
              Every alias in {state.registry} points where the last recorded promotion left it
            </Alert.Title>
          </Alert.Root>
        )}
        {elsewhere}
      </>
    );
  }
  return (
    <>
      <Alert.Root alignItems="start" status="error">
        <Alert.Indicator />
        <Alert.Content>
          <Alert.Title>Aliases in {state.registry} were changed outside of governance</Alert.Title>
          <Alert.Description>
            <List.Root ps={4}>
              {drifted.map((item) => (
                <List.Item key={item.alias}>{driftText(item)}</List.Item>
              ))}
            </List.Root>
          </Alert.Description>
        </Alert.Content>
      </Alert.Root>
      {elsewhere}
    </>
  );
}

function driftText({ alias, drift, found, recorded }: Drift): string {
  const left = `the last recorded promotion left it at version ${recorded?.version ?? "?"}`;
  switch (drift) {
    case "moved":
      return `${alias} points to version ${found ?? "?"}; ${left}`;
    case "gone":
      return `${alias} is gone; ${left}`;
    default:
      return `${alias} points to version ${found ?? "?"}; no recorded promotion ever set it`;
  }
}

function Muted({ children }: { readonly children: ReactNode }) {
  return (
    <Text color="fg.muted" fontSize="sm">
      {children}
    </Text>
  );
}
