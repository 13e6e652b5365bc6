import { Button, chakra, Code, HStack, List } from "@chakra-ui/react";
import { type ReactNode, useState } from "react";
import { FiCode, FiList } from "react-icons/fi";

import { sentence } from "src/components/Badges";
import { CopyButton } from "src/components/CopyButton";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { When } from "src/components/When";

type Content = Readonly<Record<string, unknown>>;

/** What an event carries, as names and values; as JSON for those who want that. */
export function Payload({ payload }: { readonly payload: Content }) {
  const [isJson, setIsJson] = useState(false);
  const text = JSON.stringify(payload, null, 2);
  return (
    <Section
      actions={
        <HStack gap={1}>
          <CopyButton value={text} what="details as JSON" />
          <Button
            aria-pressed={isJson}
            onClick={() => {
              setIsJson(!isJson);
            }}
            size="xs"
            variant="ghost"
          >
            {isJson ? <FiList aria-hidden="true" /> : <FiCode aria-hidden="true" />}
            {isJson ? "As list" : "As JSON"}
          </Button>
        </HStack>
      }
      level={3}
      title="Details"
    >
      {isJson ? (
        <Code asChild display="block" overflowX="auto" p={3} variant="surface">
          <pre>{text}</pre>
        </Code>
      ) : (
        <Fields content={payload} />
      )}
    </Section>
  );
}

/** Where nothing does not mean that there is nothing. */
const UNKNOWN: Readonly<Record<string, string>> = { effective: "Nobody can tell" };

function Fields({ content }: { readonly content: Content }) {
  return (
    <Facts
      facts={Object.entries(content).map(([name, value]) => [
        sentence(name),
        value === null && name in UNKNOWN ? UNKNOWN[name] : <Value key={name} value={value} />,
      ])}
    />
  );
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const isContainer = (value: unknown) => typeof value === "object" && value !== null;

function Value({ value }: { readonly value: unknown }): ReactNode {
  if (value === null || value === undefined || value === "") return <None />;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string") return MOMENT.test(value) ? <When at={value} /> : value;
  if (Array.isArray(value)) return <Items values={value} />;
  if (isContainer(value)) {
    return Object.keys(value).length === 0 ? <None /> : <Fields content={value as Content} />;
  }
  return String(value as number);
}

function Items({ values }: { readonly values: readonly unknown[] }) {
  if (values.length === 0) return <None />;
  if (!values.some(isContainer)) return values.map(String).join(", ");
  return (
    <List.Root gap={2} ps={4}>
      {values.map((value, place) => (
        <List.Item key={place}>
          <Value value={value} />
        </List.Item>
      ))}
    </List.Root>
  );
}

const None = () => <chakra.span color="fg.subtle">–</chakra.span>;
