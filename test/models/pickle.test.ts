import fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { readPickle } from "../../src/models/pickle.ts";
import type { PickleValue } from "../../src/models/pickleMachine.ts";

const broken = (why: string) => new InputError(`broken: ${why}`);

/** Reads a pickle given in Latin-1. */
function read(pickle: string): PickleValue {
  return readPickle(Buffer.from(pickle, "latin1"), broken);
}

/** Each with what CPython 3.11's pickle.loads gives for the same bytes. */
const plain: [string, PickleValue][] = [
  ["I-12\n.", -12],
  ["I01\n.", true],
  ["L123456789012345678901234567890L\n.", 123456789012345678901234567890n],
  ["J\xff\xff\xff\xff.", -1],
  ["M\x01\x02.", 513],
  ["\x8a\x00.", 0],
  ["\x8a\x02\x00\x80.", -32768],
  ["\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", 2n ** 64n],
  ["G\x3f\xe0\x00\x00\x00\x00\x00\x00.", 0.5],
  ["F0.25\n.", 0.25],
  ["S'text'\n.", "text"],
  ["X\x03\x00\x00\x00\xe2\x82\xac.", "€"],
  ["\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94.", "a"],
  ["N.", null],
  ["K\x01K\x020.", 1],
];

test.each(plain)("%j is %s", (pickle, value) => {
  expect(read(pickle)).toEqual(value);
});

test("containers keep what is put in, in its order", () => {
  expect(read("](K\x01K\x02e.")).toEqual({ kind: "list", items: [1, 2] });
  expect(read("(K\x01K\x02d.")).toEqual({ kind: "dict", entries: [[1, 2]] });
  expect(read("}K\x05Ns(K\x01K\x02u.")).toEqual({
    kind: "dict",
    entries: [
      [5, null],
      [1, 2],
    ],
  });
});

test("a call is a record of itself", () => {
  const system = { kind: "global", name: "os.system" };
  const call = { kind: "object", callable: system, arguments: ["rm"], items: [], entries: [] };
  expect(read("cos\nsystem\n(S'rm'\ntR.")).toEqual(call);
  expect(read("(S'rm'\nios\nsystem\n.")).toEqual(call);
  expect(read("(cos\nsystem\nS'rm'\no.")).toEqual(call);
  expect(read("\x8c\x02os\x8c\x06system\x93S'rm'\n\x85\x81.")).toEqual(call);
});

test("a list may hold itself", () => {
  const list = read("]q\x00h\x00a.") as { items: PickleValue[] };
  expect(list.items[0]).toBe(list);
});

test.each([
  ["an unknown opcode", "\xff.", "unknown opcode 0xff"],
  ["an extension", "\x82\x01.", "unknown opcode 0x82"],
  ["no end", "K\x01", "1 bytes should follow, but it ends"],
  ["nothing", ".", "a value is missing"],
  ["a text beyond the end", "X\xff\xff\xff\x7f.", "2147483647 bytes should follow"],
  ["a missing mark", "K\x01t.", "a mark is missing"],
  ["an unknown memo", "h\x05.", "the memo has no entry 5"],
  ["a huge integer", "\x8b\xff\xff\xff\x7f.", "an integer has 2147483647 bytes"],
  ["a state for a number", "K\x01K\x02b.", "a state is set on what is not an object"],
  ["odd items", "}(K\x01u.", "items are set in what is not a dictionary"],
])("%s gives one line", (_, pickle, message) => {
  expect(() => read(pickle)).toThrow(InputError);
  expect(() => read(pickle)).toThrow(message);
});

test("bytes at random give a value or an InputError", () => {
  const codes = fc.constantFrom(..."()]}.NK0123abcdeghjlopqrstuXR\x80\x81\x85\x86\x87\x88\x89\x8c\x93\x94");
  const pickles = fc.array(fc.oneof(codes, fc.string({ minLength: 1, maxLength: 1 })), { maxLength: 60 });
  fc.assert(
    fc.property(pickles, (parts) => {
      try {
        read(parts.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }),
    { numRuns: 2000 },
  );
});
