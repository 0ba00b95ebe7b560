import { expect, test } from "vitest";
import { pythonShuffle } from "../../src/math/pythonShuffle.ts";

// python3 -c "import random; random.seed(42); x = list(range(12)); random.shuffle(x); print(x)"
test.each([
  [0, [1, 9, 8, 5, 10, 2, 3, 7, 4, 0, 11, 6]],
  [42, [7, 5, 2, 8, 9, 6, 11, 3, 4, 0, 1, 10]],
  [4294967295, [0, 6, 1, 5, 8, 2, 7, 4, 11, 3, 9, 10]],
])("seed %i orders values as Python does", (seed, order) => {
  expect(pythonShuffle([...order.keys()], seed)).toEqual(order);
});

test("it goes on beyond the 624 numbers that the generator makes at a time", () => {
  const order = pythonShuffle([...Array(2000).keys()], 42);
  // python3 -c "import random; random.seed(42); x = list(range(2000)); random.shuffle(x); print(x[:5], x[-5:])"
  expect(order.slice(0, 5)).toEqual([795, 1468, 478, 807, 1505]);
  expect(order.slice(-5)).toEqual([563, 1518, 51, 228, 1309]);
});
