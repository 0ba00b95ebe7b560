import type { Broken, InputError } from "../errors.ts";

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

export function isRecord(value: PickleValue | undefined): value is PickleRecord {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Longer integers than this are no model's; turning one into a number takes time that grows with its square. */
const maxLongBytes = 1024;

const mark = Symbol("mark");
const utf8 = new TextDecoder();

/** The pickle machine: its bytes, stack and memo. Each method is what one or several opcodes have in common. */
export class PickleMachine {
  readonly memo = new Map<number, PickleValue>();
  private readonly stack: (PickleValue | typeof mark)[] = [];
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly broken: Broken;
  private position = 0;

  constructor(bytes: Uint8Array, broken: Broken) {
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
      throw this.fail(`${length} bytes should follow, but it ends`);
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
    if (end < 0) throw this.fail("a line has no end");
    const line = utf8.decode(this.take(end - this.position));
    this.position++;
    return line;
  }

  text(length: number): string {
    return utf8.decode(this.take(length));
  }

  /** A two's complement little-endian integer of any length. */
  long(length: number): number | bigint {
    if (length > maxLongBytes) throw this.fail(`an integer has ${length} bytes`);
    const hex = [...this.take(length)].reverse().map((byte) => byte.toString(16).padStart(2, "0"));
    const value = length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${hex.join("")}`));
    return shorten(value);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.fail(`the memo has no entry ${index}`);
    this.push(value);
  }

  call(callable: PickleValue, args: PickleValue, named?: PickleValue): void {
    if (!isRecord(args) || args.kind !== "list") throw this.fail("a call has no tuple of arguments");
    const all = named === undefined ? args.items : [...args.items, named];
    this.push({ kind: "object", callable, arguments: all, items: [], entries: [] });
  }

  append(values: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("items" in target))
      throw this.fail("something is appended to what is not a list");
    for (const value of values) target.items.push(value);
  }

  set(values: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("entries" in target) || values.length % 2 !== 0)
      throw this.fail("items are set in what is not a dictionary");
    for (let i = 0; i < values.length; i += 2) target.entries.push([values[i], values[i + 1]]);
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    if (isRecord(target) && target.kind === "object") target.state = state;
    else throw this.fail("a state is set on what is not an object");
  }
}

export function shorten(value: bigint): number | bigint {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}
