import { expect, test } from "vitest";
import { integerTicks } from "../../src/plot/integerTicks.ts";

test("integerTicks(low, high) are round whole numbers within the range, at most nine of them", () => {
  for (let high = 1; high < 100_000; high = Math.ceil(high * 1.3)) {
    const ticks = integerTicks(0.5, high + 0.5);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.every((t) => Number.isInteger(t) && t >= 0.5 && t <= high + 0.5)).toBe(true);
  }
  expect(integerTicks(0, 55)).toEqual([0, 10, 20, 30, 40, 50]);
});
