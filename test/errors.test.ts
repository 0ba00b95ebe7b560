import { expect, test } from "vitest";
import { InputError, nearest, printable, unknownName } from "../src/errors.ts";

test("nearest(word, known) finds a misspelt word and ignores case", () => {
  expect(nearest("softmxa", ["sigmoid", "softmax"])).toBe("softmax");
  expect(nearest("Huber", ["huber", "fair"])).toBe("huber");
});

test("nearest(word, known) is undefined when nothing is near", () => {
  expect(nearest("banana", ["sigmoid", "softmax"])).toBeUndefined();
});

test("unknownName(what, value, known) names the value and all that is allowed", () => {
  expect(unknownName("arm", "priro", ["zero", "prior"]).message).toBe(
    "unknown arm: priro; did you mean prior? Known: zero, prior",
  );
  expect(unknownName("arm", "banana", ["zero", "prior"]).message).toBe(
    "unknown arm: banana; known: zero, prior",
  );
});

test("an InputError is one line, whatever it quotes", () => {
  expect(new InputError("no tensor a\nb\x1b[31m\x7f").message).toBe("no tensor a\\nb\\x1b[31m\\x7f");
});

test("printable(text) escapes what moves the cursor, breaks the line or reverses it, and leaves letters alone", () => {
  expect(printable("a\r\t\u009b2J\u202e\u2028\u2066b")).toBe("a\\x0d\\x09\\x9b2J\\u202e\\u2028\\u2066b");
  expect(printable("café 猫 👩‍🚀")).toBe("café 猫 👩‍🚀");
});
