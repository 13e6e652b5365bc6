import {
  dayText,
  durationText,
  localOf,
  momentOf,
  offsetText,
  timeText,
} from "src/components/times";

const BERLIN = "Europe/Berlin";

test("a moment is told as a clock of the zone shows it", () => {
  expect(timeText("2026-11-21T23:30:05Z", BERLIN)).toBe("2026-11-22 00:30:05");
  expect(dayText("2026-11-21T23:30:05Z", "America/New_York")).toBe("2026-11-21");
  expect(offsetText("2026-07-01T00:00:00Z", BERLIN)).toBe("UTC+02:00");
});

test("what is no time is told as it is", () => {
  expect(timeText("yesterday", "UTC")).toBe("yesterday");
  expect(momentOf("", "UTC")).toBeUndefined();
});

test.each(["2026-01-15T08:00", "2026-07-15T23:59", "2026-03-29T12:00", "2026-10-25T03:00"])(
  "what a field shows at %s is the moment that was put into it",
  (local) => {
    for (const zone of [BERLIN, "UTC", "America/New_York", "Asia/Kolkata"]) {
      const moment = momentOf(local, zone);
      expect(moment).toBeDefined();
      expect(localOf(moment ?? "", zone)).toBe(local);
    }
  },
);

test("an hour that a clock shows twice is the first of the two", () => {
  expect(momentOf("2026-10-25T02:30", BERLIN)).toBe("2026-10-25T00:30:00.000Z");
});

test("an hour that a clock jumps over is moved by the jump", () => {
  expect(momentOf("2026-03-29T02:30", BERLIN)).toBe("2026-03-29T01:30:00.000Z");
});

test.each([
  [0, "0 s"],
  [0.42, "0.4 s"],
  [59, "59 s"],
  [60, "1 min"],
  [3_725, "1 h 2 min"],
  [86_400 * 3 + 3_600 * 4 + 59, "3 d 4 h"],
  [-90, "−1 min 30 s"],
])("%d seconds are told as %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
