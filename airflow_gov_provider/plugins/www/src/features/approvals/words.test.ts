import { item } from "src/features/approvals/given";
import { countsText, shownText } from "src/features/approvals/words";

const of = (...verdicts: string[]) => verdicts.map((verdict) => ({ verdict }));

test.each([
  [of("WARNED", "PASSED", "PASSED"), "2 passed, 1 warned"],
  [
    of("FAILED", "PASSED", "INSUFFICIENT", "WARNED"),
    "1 passed, 1 warned, 1 insufficient, 1 failed",
  ],
  [of("PASSED"), "1 passed"],
])("each verdict is counted as what it is (%#)", (evidence, text) => {
  expect(countsText(evidence)).toBe(text);
});

test.each([
  [{ did_not_pass: 0, shown: 3, verdict: "PASSED" }, "All 3 passed"],
  [{ did_not_pass: 0, shown: 3, verdict: "WARNED" }, "Not all 3 passed: there are warnings"],
  [{ did_not_pass: 0, shown: 1, verdict: "WARNED" }, "It warned"],
  [{ did_not_pass: 1, shown: 3, verdict: "FAILED" }, "1 of 3 did not pass"],
])("what warned is not said to have passed (%#)", (changes, text) => {
  expect(shownText({ ...item, ...changes })).toBe(text);
});
