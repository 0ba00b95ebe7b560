import type { InputError } from "../errors.ts";

/**
 * Reads a Python pickle as data. Nothing is imported, called or built: a class or function is a name, a call or an
 * object is a record of what the pickle says should be called with what. So a hostile pickle can do nothing here.
 * Opcodes, protocols 0 to 5: https://github.com/python/cpython/blob/3.13/Lib/pickletools.py
 */
export type PickleValue = null | boolean | number | bigint | string | Uint8Array | PickleRecord;
export type PickleRecord = PickleList | PickleDict | PickleGlobal | PickleObject | PicklePersistent;

/** A list, tuple, set or frozen set. */
export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}

/** A dictionary: keys and values in the order in which they were put in. */
export interface PickleDict {
  readonly kind: "dict";
  readonly entries: [PickleValue, PickleValue][];
}

/** A class or function, by its name only: "torch._utils._rebuild_tensor_v2". */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** What a call would have given. */
export interface PickleObject {
  readonly kind: "object";
  readonly callable: PickleValue;
  readonly arguments: readonly PickleValue[];
  /** What was to be appended, set by key, and handed to __setstate__ afterwards. */
  readonly items: PickleValue[];
  readonly entries: [PickleValue, PickleValue][];
  state?: PickleValue;
}

/** A reference to something outside of the pickle. */
export interface PicklePersistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}

/** A state dict takes about 40 opcodes a tensor. The limit keeps a pickle of nothing but empty lists from filling the memory. */
const maximumSteps = 10_000_000;
/** Longer integers than this are no model's; turning one into a number takes time that grows with its square. */
const maximumLongBytes = 1024;

/**
 * The value a pickle holds. Records may refer to each other in cycles.
 * @throws the error that `broken` makes, if it is no pickle or is cut short.
 */
export function readPickle(bytes: Uint8Array, broken: (why: string) => InputError): PickleValue {
  const machine = new Machine(bytes, broken);
  for (let steps = 0; steps < maximumSteps; steps++) {
    const code = machine.uint(1);
    if (code === stop) return machine.pop();
    const run = opcodes[String.fromCharCode(code)];
    if (!run) throw machine.fail(`unknown opcode 0x${code.toString(16).padStart(2, "0")}`);
    run(machine);
  }
  throw machine.fail(`more than ${maximumSteps} opcodes`);
}

const stop = ".".charCodeAt(0);
const mark = Symbol("mark");
const utf8 = new TextDecoder();

class Machine {
  readonly memo = new Map<number, PickleValue>();
  private readonly stack: (PickleValue | typeof mark)[] = [];
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly broken: (why: string) => InputError;
  private position = 0;

  constructor(bytes: Uint8Array, broken: (why: string) => InputError) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.broken = broken;
  }

  fail(why: string): InputError {
    return this.broken(`${why} (at byte ${this.position})`);
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pushMark(): void {
    this.stack.push(mark);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw this.fail("a value is missing");
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** POP takes off a mark as well. */
  drop(): void {
    if (this.stack.pop() === undefined) throw this.fail("a value is missing");
  }

  /** All values above the last mark, which goes with them. */
  popToMark(): PickleValue[] {
    const from = this.stack.lastIndexOf(mark);
    if (from < 0) throw this.fail("a mark is missing");
    return this.stack.splice(from).slice(1) as PickleValue[];
  }

  /** `length` values, the last on top. */
  popSeveral(length: number): PickleValue[] {
    return Array.from({ length }, () => this.pop()).reverse();
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.position)
      throw this.fail(`${length} bytes are wanted, but it ends`);
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** An unsigned little-endian integer of 1, 2, 4 or 8 bytes; exact below 2^53. */
  uint(width: 1 | 2 | 4 | 8): number {
    this.take(width);
    const at = this.position - width;
    if (width === 1) return this.view.getUint8(at);
    if (width === 2) return this.view.getUint16(at, true);
    return this.view.getUint32(at, true) + (width === 8 ? this.view.getUint32(at + 4, true) * 2 ** 32 : 0);
  }

  int32(): number {
    return this.uint(4) | 0;
  }

  float64(): number {
    this.take(8);
    return this.view.getFloat64(this.position - 8, false);
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw this.fail("a line doesn't end");
    const line = utf8.decode(this.take(end - this.position));
    this.position++;
    return line;
  }

  text(length: number): string {
    return utf8.decode(this.take(length));
  }

  /** A two's complement little-endian integer of any length. */
  long(length: number): number | bigint {
    if (length > maximumLongBytes) throw this.fail(`an integer of ${length} bytes`);
    const hex = [...this.take(length)].reverse().map((byte) => byte.toString(16).padStart(2, "0"));
    const value = length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${hex.join("")}`));
    return shorten(value);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.fail(`nothing was kept as ${index}`);
    this.push(value);
  }

  call(callable: PickleValue, args: PickleValue, named?: PickleValue): void {
    if (!isRecord(args) || args.kind !== "list") throw this.fail("a call without a tuple of arguments");
    const all = named === undefined ? args.items : [...args.items, named];
    this.push({ kind: "object", callable, arguments: all, items: [], entries: [] });
  }

  append(values: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("items" in target)) throw this.fail("appending to what is no list");
    for (const value of values) target.items.push(value);
  }

  set(values: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("entries" in target) || values.length % 2 !== 0)
      throw this.fail("setting items of what is no dictionary");
    for (let i = 0; i < values.length; i += 2) target.entries.push([values[i], values[i + 1]]);
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    if (isRecord(target) && target.kind === "object") target.state = state;
    else throw this.fail("a state for what is no object");
  }
}

export function isRecord(value: PickleValue | undefined): value is PickleRecord {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function list(items: PickleValue[]): PickleList {
  return { kind: "list", items };
}

function dict(items: readonly PickleValue[], machine: Machine): void {
  machine.push({ kind: "dict", entries: [] });
  machine.set(items);
}

function global(module: PickleValue, name: PickleValue): PickleGlobal {
  return { kind: "global", name: `${module}.${name}` };
}

function shorten(value: bigint): number | bigint {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

/** A decimal integer; protocol 1 writes True and False as 01 and 00. */
function decimal(machine: Machine): PickleValue {
  const line = machine.line();
  if (line === "01" || line === "00") return line === "01";
  const digits = line.replace(/L$/, "");
  if (!/^[+-]?\d{1,1000}$/.test(digits)) throw machine.fail("an integer that is none");
  return shorten(BigInt(digits));
}

function instance(machine: Machine, values: readonly PickleValue[], callable: PickleValue): void {
  machine.call(callable, list([...values]));
}

/** What each opcode does, in pickletools' order: integers, strings, bytes, singletons, floats, containers, stack, memo, objects. */
const opcodes: Readonly<Record<string, ((machine: Machine) => void) | undefined>> = {
  I: (m) => m.push(decimal(m)),
  J: (m) => m.push(m.int32()),
  K: (m) => m.push(m.uint(1)),
  M: (m) => m.push(m.uint(2)),
  L: (m) => m.push(decimal(m)),
  "\x8a": (m) => m.push(m.long(m.uint(1))),
  "\x8b": (m) => m.push(m.long(m.uint(4))),
  S: (m) => m.push(m.line().replace(/^(['"])(.*)\1$/, "$2")),
  T: (m) => m.push(m.text(m.uint(4))),
  U: (m) => m.push(m.text(m.uint(1))),
  V: (m) => m.push(m.line()),
  X: (m) => m.push(m.text(m.uint(4))),
  "\x8c": (m) => m.push(m.text(m.uint(1))),
  "\x8d": (m) => m.push(m.text(m.uint(8))),
  B: (m) => m.push(m.take(m.uint(4))),
  C: (m) => m.push(m.take(m.uint(1))),
  "\x8e": (m) => m.push(m.take(m.uint(8))),
  "\x96": (m) => m.push(m.take(m.uint(8))),
  N: (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  F: (m) => m.push(Number(m.line())),
  G: (m) => m.push(m.float64()),
  "]": (m) => m.push(list([])),
  a: (m) => m.append([m.pop()]),
  e: (m) => m.append(m.popToMark()),
  l: (m) => m.push(list(m.popToMark())),
  ")": (m) => m.push(list([])),
  t: (m) => m.push(list(m.popToMark())),
  "\x85": (m) => m.push(list(m.popSeveral(1))),
  "\x86": (m) => m.push(list(m.popSeveral(2))),
  "\x87": (m) => m.push(list(m.popSeveral(3))),
  "}": (m) => dict([], m),
  d: (m) => dict(m.popToMark(), m),
  s: (m) => m.set(m.popSeveral(2)),
  u: (m) => m.set(m.popToMark()),
  "\x8f": (m) => m.push(list([])),
  "\x90": (m) => m.append(m.popToMark()),
  "\x91": (m) => m.push(list(m.popToMark())),
  "0": (m) => m.drop(),
  "2": (m) => m.push(m.top()),
  "(": (m) => m.pushMark(),
  "1": (m) => void m.popToMark(),
  g: (m) => m.recall(Number(m.line())),
  h: (m) => m.recall(m.uint(1)),
  j: (m) => m.recall(m.uint(4)),
  p: (m) => void m.memo.set(Number(m.line()), m.top()),
  q: (m) => void m.memo.set(m.uint(1), m.top()),
  r: (m) => void m.memo.set(m.uint(4), m.top()),
  "\x94": (m) => void m.memo.set(m.memo.size, m.top()),
  c: (m) => m.push(global(m.line(), m.line())),
  "\x93": (m) => {
    const [module, name] = m.popSeveral(2);
    if (typeof module !== "string" || typeof name !== "string") throw m.fail("a name that is no text");
    m.push(global(module, name));
  },
  R: (m) => {
    const args = m.pop();
    m.call(m.pop(), args);
  },
  b: (m) => m.build(),
  i: (m) => {
    const callable = global(m.line(), m.line());
    instance(m, m.popToMark(), callable);
  },
  o: (m) => {
    const [callable = null, ...args] = m.popToMark();
    instance(m, args, callable);
  },
  "\x81": (m) => {
    const args = m.pop();
    m.call(m.pop(), args);
  },
  "\x92": (m) => {
    const [callable, args, named] = m.popSeveral(3);
    m.call(callable, args, named);
  },
  "\x80": (m) => void m.uint(1),
  "\x95": (m) => void m.uint(8),
  P: (m) => m.push({ kind: "persistent", id: m.line() }),
  Q: (m) => m.push({ kind: "persistent", id: m.pop() }),
};
