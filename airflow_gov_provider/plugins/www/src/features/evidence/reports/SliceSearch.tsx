import { Text } from "@chakra-ui/react";
import { createColumnHelper } from "@tanstack/react-table";

import { DataTable } from "src/components/DataTable";
import { Section } from "src/components/Section";
import {
  interval,
  type Json,
  list,
  number,
  percent,
  record,
  records,
  text,
  texts,
  words,
} from "src/features/evidence/reading";

interface Slice {
  readonly name: string;
  readonly rate: string;
  readonly value: string;
  readonly n: number | undefined;
  readonly rest: string;
  readonly worse: string;
  readonly chance: number | undefined;
}

const sliceOf = (item: Json, isShare: boolean): Slice => {
  const shown = isShare ? share : plain;
  const apart = isShare ? points : plain;
  const [worse, between] = [number(item.worse), interval(item.interval)];
  return {
    chance: number(item.p_adjusted),
    n: number(item.n),
    name: text(item.slice) ?? "",
    rate: text(item.rate) ?? "",
    rest: shown(number(item.rest)),
    value: shown(number(item.value)),
    worse:
      worse === undefined
        ? "–"
        : between === undefined
          ? apart(worse)
          : `${apart(worse)} (${between.map((end) => apart(end)).join(" to ")})`,
  };
};

const points = (share: number): string => (share * 100).toFixed(1);

const share = (value: number | undefined): string => (value === undefined ? "–" : percent(value));

/** In the units of the data. */
const plain = (value: number | undefined): string =>
  value === undefined ? "–" : String(Number(value.toPrecision(4)));

const column = createColumnHelper<Slice>();

const columns = (isShare: boolean) => [
  column.accessor("name", { header: "Slice" }),
  column.accessor("n", {
    cell: (info) => info.getValue()?.toLocaleString("en") ?? "–",
    header: "Rows",
  }),
  column.accessor("rate", { cell: (info) => words(info.getValue()), header: "Rate" }),
  column.accessor("value", { header: "In the slice" }),
  column.accessor("rest", { header: "Elsewhere" }),
  column.accessor("worse", { header: isShare ? "Worse by points" : "Worse by" }),
  column.accessor("chance", {
    cell: (info) => info.getValue()?.toPrecision(2) ?? "–",
    header: "Corrected p",
  }),
];

const [OF_SHARES, OF_NUMBERS] = [columns(true), columns(false)];

/** The slices that nobody named, and that a search found to be worse than the rest. */
export function SliceSearch({ body }: { readonly body: Json }) {
  const search = record(body.search);
  if (Object.keys(search).length === 0) return null;
  const [terms, correction] = [record(search.terms), record(search.correction)];
  const isShare = text(terms.task) !== "regression";
  const worst = records(search.worst).map((item) => sliceOf(item, isShare));
  const least = number(search.least_rows)?.toLocaleString("en") ?? "?";
  const named = text(terms.positive_class) ?? number(terms.positive_class)?.toString();
  const of = named === undefined ? "" : `, for class ${named}`;
  const looked = `${number(search.slices)?.toLocaleString("en") ?? "?"} slices of at least ${least} rows, by ${texts(terms.features).join(", ")}${of}`;
  const corrected = `${number(correction.tests)?.toLocaleString("en") ?? "?"} comparisons, at most ${percent(number(correction.q) ?? 0.05, 0)} of what was found is chance`;
  return (
    <Section level={3} title="Worst slices">
      <Text color="fg.muted">
        {looked}; {corrected} ({words(text(correction.method) ?? "")}).
        {search.complete === false && " The search ended before it had seen all of them."}
      </Text>
      {list(search.worst).length === 0 ? (
        <Text>No slice is significantly worse than the rest.</Text>
      ) : (
        <DataTable
          columns={isShare ? OF_SHARES : OF_NUMBERS}
          label="Slices that are worse than the rest"
          rowId={({ name, rate }) => `${name} ${rate}`}
          rows={worst}
        />
      )}
    </Section>
  );
}
