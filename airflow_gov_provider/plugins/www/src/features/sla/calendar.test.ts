import { dayName, monthsOf, plusDays, weeksBetween } from "src/features/sla/calendar";

test("a year has each of its days once, in weeks that begin on Monday", () => {
  const weeks = weeksBetween("2025-11-22", "2026-11-21");
  const days = weeks.flatMap((week) => week.days).filter((day) => day !== undefined);
  expect(days).toHaveLength(365);
  expect(new Set(days).size).toBe(365);
  expect([...days].sort()).toEqual(days);
  expect(weeks[0]).toEqual({
    days: [undefined, undefined, undefined, undefined, undefined, "2025-11-22", "2025-11-23"],
    monday: "2025-11-17",
  });
  expect(monthsOf(weeks).reduce((sum, month) => sum + month.weeks, 0)).toBe(weeks.length);
});

test("days follow one another through a leap day and the turn of a year", () => {
  expect(plusDays("2028-02-28", 1)).toBe("2028-02-29");
  expect(plusDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(dayName("2026-11-20")).toBe("Fri 2026-11-20");
});
