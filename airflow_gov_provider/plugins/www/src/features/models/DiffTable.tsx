import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";
import type { IconType } from "react-icons";
import { FiEdit2, FiMinus, FiPlus } from "react-icons/fi";

import { sentence, State, type Tone } from "src/components/Badges";
import { DataTable } from "src/components/DataTable";
import type { CardChange, CardDiff } from "src/features/models/queries";

const KINDS: Record<CardChange["kind"], { tone: Tone; Icon: IconType }> = {
  added: { Icon: FiPlus, tone: "good" },
  changed: { Icon: FiEdit2, tone: "info" },
  removed: { Icon: FiMinus, tone: "bad" },
};

const column = createColumnHelper<CardChange>();

const versionOf = (card: CardDiff["first"]): string =>
  `Version ${card.evidence.model?.version ?? "?"}`;

const columnsFor = ({ first, second }: CardDiff) => [
  column.accessor("kind", {
    cell: (info) => (
      <State Icon={KINDS[info.getValue()].Icon} tone={KINDS[info.getValue()].tone}>
        {sentence(info.getValue())}
      </State>
    ),
    header: "Change",
  }),
  column.accessor("path", {
    cell: (info) => <Path path={info.getValue()} />,
    header: "Statement",
  }),
  column.accessor("before", {
    cell: (info) => valueText(info.getValue()),
    header: `${versionOf(first)} (from)`,
    id: "before",
  }),
  column.accessor("after", {
    cell: (info) => valueText(info.getValue()),
    header: `${versionOf(second)} (to)`,
    id: "after",
  }),
  column.accessor("difference", {
    cell: (info) => <Difference value={info.getValue()} />,
    header: "Difference",
  }),
];

/** `evaluation › metrics › accuracy`, the last part in full weight. */
function Path({ path }: { readonly path: readonly string[] }) {
  const last = path.at(-1) ?? "";
  return (
    <>
      <Text fontWeight="medium">{path.length > 2 ? last : sentence(last)}</Text>
      <Text color="fg.muted" fontSize="xs">
        {path
          .slice(0, -1)
          .map((part, place) => (place < 2 ? sentence(part) : part))
          .join(" › ")}
      </Text>
    </>
  );
}

function Difference({ value }: { readonly value: number | null }) {
  if (value === null) return <Text color="fg.muted">–</Text>;
  return (
    <Text fontVariantNumeric="tabular-nums">
      {value > 0 ? "▲ +" : "▼ −"}
      {valueText(Math.abs(value))}
    </Text>
  );
}

function valueText(value: CardChange["before"]): string {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return Number.isInteger(value)
    ? value.toLocaleString("en")
    : String(Number(value.toPrecision(4)));
}

export function DiffTable({ diff }: { readonly diff: CardDiff }) {
  return (
    <DataTable
      columns={columnsFor(diff)}
      label="What the cards say differently"
      rowId={({ path }) => path.join("/")}
      rows={diff.changes}
    />
  );
}
