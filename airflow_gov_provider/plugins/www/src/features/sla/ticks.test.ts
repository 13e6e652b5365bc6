import { durationTicks, shareTicks } from "src/features/sla/ticks";

test("times are counted in steps that people count in", () => {
  expect(durationTicks(-3500, 5400)).toEqual([-3600, -1800, 0, 1800, 3600, 5400]);
  expect(durationTicks(-20, 0)).toEqual([-20, -15, -10, -5, 0].filter((tick) => tick % 5 === 0));
  expect(durationTicks(0, 0)).toEqual([0]);
});

test.each([
  [0, 1],
  [-0.4, 1],
  [-9, 1],
  [-1234, 1],
])("shares from %d hold both ends and nothing, in few lines", (low, high) => {
  const ticks = shareTicks(low);
  expect(Math.min(...ticks)).toBeLessThanOrEqual(low);
  expect(Math.max(...ticks)).toBe(high);
  expect(ticks).toContain(0);
  expect(ticks.length).toBeLessThanOrEqual(8);
  expect([...ticks].sort((one, other) => one - other)).toEqual(ticks);
});
