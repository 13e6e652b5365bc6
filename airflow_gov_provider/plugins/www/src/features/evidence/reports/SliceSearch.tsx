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
  readonly value: number | undefined;
  readonly n: number | undefined;
  readonly rest: number | undefined;
  readonly worse: string;
  readonly chance: number | undefined;
}

const sliceOf = (item: Json): Slice => {
  const [worse, between] = [number(item.worse), interval(item.interval)];
  return {
    chance: number(item.p_adjusted),
    n: number(item.n),
    name: text(item.slice) ?? "",
    rate: text(item.rate) ?? "",
    rest: number(item.rest),
    value: number(item.value),
    worse:
      worse === undefined
        ? "–"
        : between === undefined
          ? points(worse)
          : `${points(worse)} (${between.map(points).join(" to ")})`,
  };
};

const points = (share: number): string => (share * 100).toFixed(1);

const share = (value: number | undefined): string => (value === undefined ? "–" : percent(value));

const column = createColumnHelper<Slice>();

const COLUMNS = [
  column.accessor("name", { header: "Slice" }),
  column.accessor("n", {
    cell: (info) => info.getValue()?.toLocaleString("en") ?? "–",
    header: "Rows",
  }),
  column.accessor("rate", { cell: (info) => words(info.getValue()), header: "Rate" }),
  column.accessor("value", { cell: (info) => share(info.getValue()), header: "In the slice" }),
  column.accessor("rest", { cell: (info) => share(info.getValue()), header: "Elsewhere" }),
  column.accessor("worse", { header: "Worse by points" }),
  column.accessor("chance", {
    cell: (info) => info.getValue()?.toPrecision(2) ?? "–",
    header: "Corrected p",
  }),
];

/** The slices that nobody named, and that a search found to be worse than the rest. */
export function SliceSearch({ body }: { readonly body: Json }) {
  const search = record(body.search);
  if (Object.keys(search).length === 0) return null;
  const worst = records(search.worst).map(sliceOf);
  const [terms, correction] = [record(search.terms), record(search.correction)];
  const least = number(search.least_rows)?.toLocaleString("en") ?? "?";
  const looked = `${number(search.slices)?.toLocaleString("en") ?? "?"} slices of at least ${least} rows, by ${texts(terms.features).join(", ")}`;
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
          columns={COLUMNS}
          label="Slices that are worse than the rest"
          rowId={({ name, rate }) => `${name} ${rate}`}
          rows={worst}
        />
      )}
    </Section>
  );
}
