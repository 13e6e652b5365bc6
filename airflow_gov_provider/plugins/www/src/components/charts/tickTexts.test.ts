import { tickTexts } from "src/components/charts/tickTexts";

const at = (...times: readonly string[]): readonly Date[] => times.map((time) => new Date(time));

test.each([
  [["2026-03-01T00:00Z", "2026-03-02T00:00Z"], "days that differ", ["2026-03-01", "2026-03-02"]],
  [["2026-03-01T10:00Z", "2026-03-01T10:30Z"], "times of one day", ["10:00", "10:30"]],
  [["2026-03-01T10:00Z", "2026-03-01T10:00:05Z"], "seconds", ["10:00:00", "10:00:05"]],
  [
    ["2026-03-01T12:00Z", "2026-03-02T00:00Z", "2026-03-02T12:00Z"],
    "days and times",
    ["03-01 12:00", "03-02 00:00", "03-02 12:00"],
  ],
  [[], "nothing", []],
])("ticks at %j are told apart by %s", (times, _, texts) => {
  expect(tickTexts(at(...times), "UTC")).toEqual(texts);
});

test("a tick is told in the time zone of the page", () => {
  expect(tickTexts(at("2026-03-01T23:00Z", "2026-03-01T23:30Z"), "Europe/Berlin")).toEqual([
    "00:00",
    "00:30",
  ]);
});
