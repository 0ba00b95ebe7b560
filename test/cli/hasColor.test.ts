import { expect, test } from "vitest";
import { hasColor } from "../../src/cli/hasColor.ts";

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ TERM: "dumb" }, true, false],
])("hasColor with %o and isTTY %s is %s", (env, isTTY, color) => {
  expect(hasColor({ isTTY }, env)).toBe(color);
});
