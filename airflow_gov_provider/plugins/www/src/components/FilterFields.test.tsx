import { screen } from "@testing-library/react";

import { ChoiceFilter, FilterBar, MomentFilter, TextFilter } from "src/components/FilterFields";
import { useFilters } from "src/components/useFilters";
import { currentAddress, show } from "src/testing/show";

const NAMES = ["q", "kind", "since"] as const;

function Fields() {
  const { filters, change, clear, isFiltered } = useFilters(NAMES);
  const set = (name: (typeof NAMES)[number]) => (value: string | undefined) => {
    change({ [name]: value });
  };
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      <TextFilter label="Text" onChange={set("q")} value={filters.q} />
      <ChoiceFilter
        choices={[["task", "Task"]]}
        label="Kind"
        onChange={set("kind")}
        value={filters.kind}
      />
      <MomentFilter label="From" onChange={set("since")} value={filters.since} />
    </FilterBar>
  );
}

test("what is chosen stands in the address, beside what was there", async () => {
  const { user } = show(<Fields />, "/plugin/governance/audit?view=audit");
  await user.type(screen.getByLabelText("Text"), "late{Enter}");
  await user.selectOptions(screen.getByLabelText("Kind"), "Task");
  expect(currentAddress()).toBe("/plugin/governance/audit?view=audit&q=late&kind=task");
});

test("a text takes effect once the user stops typing", async () => {
  const { user } = show(<Fields />);
  await user.type(screen.getByLabelText("Text"), "late");
  await vi.waitFor(() => {
    expect(currentAddress()).toContain("q=late");
  });
});

test("clearing takes away all filters and nothing else", async () => {
  const at = "/plugin/governance/audit?view=audit&q=x&kind=task&since=2026-01-01T00%3A00%3A00.000Z";
  const { user } = show(<Fields />, at);
  expect(screen.getByLabelText("From")).toHaveValue("2026-01-01T00:00");
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(currentAddress()).toBe("/plugin/governance/audit?view=audit");
  expect(screen.getByLabelText("Text")).toHaveValue("");
});

test("the button of a phone tells whether the fields are open, and whether some are set", async () => {
  const { user } = show(<Fields />, "/plugin/governance/audit?kind=task");
  const button = screen.getByText(/some are set/).closest("button") as HTMLElement;
  expect(button).toHaveAttribute("aria-expanded", "false");
  await user.click(button);
  expect(button).toHaveAttribute("aria-expanded", "true");
  expect(button).toHaveTextContent("Hide filters");
});
