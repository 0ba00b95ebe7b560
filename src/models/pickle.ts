import type { Broken } from "../errors.ts";
import {
  type PickleGlobal,
  type PickleList,
  PickleMachine,
  type PickleValue,
  shorten,
} from "./pickleMachine.ts";

/**
 * Reads a Python pickle as data. Nothing is imported, called or built: a class or function is a name, a call or an
 * object is a record of what the pickle says should be called with what. So a hostile pickle can do nothing here.
 * Opcodes, protocols 0 to 5: https://github.com/python/cpython/blob/3.13/Lib/pickletools.py
 */

/** A state dict takes about 40 opcodes a tensor. The limit keeps a pickle of nothing but empty lists from filling the memory. */
const maxSteps = 10_000_000;
/**
 * The value a pickle holds. Records may refer to each other in cycles.
 * @throws the error that `broken` makes, if it is no pickle or is cut short.
 */
export function readPickle(bytes: Uint8Array, broken: Broken): PickleValue {
  const machine = new PickleMachine(bytes, broken);
  for (let steps = 0; steps < maxSteps; steps++) {
    const code = machine.uint(1);
    if (code === stop) return machine.pop();
    const run = opcodes[String.fromCharCode(code)];
    if (!run) throw machine.fail(`unknown opcode 0x${code.toString(16).padStart(2, "0")}`);
    run(machine);
  }
  throw machine.fail(`more than ${maxSteps} opcodes`);
}

const stop = ".".charCodeAt(0);
function list(items: PickleValue[]): PickleList {
  return { kind: "list", items };
}

function dict(items: readonly PickleValue[], machine: PickleMachine): void {
  machine.push({ kind: "dict", entries: [] });
  machine.set(items);
}

function global(module: PickleValue, name: PickleValue): PickleGlobal {
  return { kind: "global", name: `${module}.${name}` };
}

/** A decimal integer; protocol 1 writes True and False as 01 and 00. */
function decimal(machine: PickleMachine): PickleValue {
  const line = machine.line();
  if (line === "01" || line === "00") return line === "01";
  const digits = line.replace(/L$/, "");
  if (!/^[+-]?\d{1,1000}$/.test(digits)) throw machine.fail("an integer that is not one");
  return shorten(BigInt(digits));
}

function instance(machine: PickleMachine, values: readonly PickleValue[], callable: PickleValue): void {
  machine.call(callable, list([...values]));
}

/** What each opcode does, in pickletools' order: integers, strings, bytes, singletons, floats, containers, stack, memo, objects. */
const opcodes: Readonly<Record<string, ((machine: PickleMachine) => void) | undefined>> = {
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
    if (typeof module !== "string" || typeof name !== "string") throw m.fail("a name that is not text");
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
