import { type Broken, InputError } from "../errors.ts";
import type { FloatType } from "./floats.ts";
import { isRecord, type PickleObject, type PickleRecord, type PickleValue } from "./pickleMachine.ts";
import { lastElement, type StridedView } from "./stridedTensor.ts";
import { elements } from "./tensorAt.ts";

/** Deeper nesting is no checkpoint's; it would only make names without end. */
const maxDepth = 100;

/** All tensors of a pickle with their names, in its order: keys and attributes joined by dots, as in a state dict. */
export function namedViews(root: PickleValue, file: string): Map<string, StridedView> {
  const broken = (why: string) => new InputError(`${file}: broken PyTorch file: data.pkl: ${why}`);
  const views = new Map<string, StridedView>();
  const visited = new Set<PickleRecord>();
  const visit = (value: PickleRecord, path: readonly string[], depth: number): void => {
    if (depth > maxDepth) throw broken(`it is nested more than ${maxDepth} deep`);
    const view = value.kind === "object" ? viewOf(value, broken) : undefined;
    if (view) {
      const name = path.join(".");
      if (views.has(name)) throw broken(`two tensors are called ${name}`);
      views.set(name, view);
      return;
    }
    if (visited.has(value)) return;
    visited.add(value);
    for (const [key, child] of children(value))
      visit(child, isOfModule(key) ? path : [...path, String(key)], depth + 1);
  };
  if (isRecord(root)) visit(root, [], 0);
  return views;
}

/** torch.nn.Module keeps what it has in these; the names of a state dict leave them out. */
function isOfModule(key: PickleValue): boolean {
  return key === "_parameters" || key === "_buffers" || key === "_modules";
}

/** The records inside a record, by key, index or attribute. */
function* children(record: PickleRecord): Generator<[string | number, PickleRecord]> {
  if ("items" in record) {
    for (const [i, item] of record.items.entries()) if (isRecord(item)) yield [i, item];
  }
  if ("entries" in record) {
    for (const [key, item] of record.entries)
      if (isRecord(item) && (typeof key === "string" || typeof key === "number")) yield [key, item];
  }
  if (record.kind !== "object" || !isRecord(record.state)) return;
  // A class with __slots__ has the state (attributes, slots).
  const states = record.state.kind === "list" ? record.state.items : [record.state];
  for (const state of states) if (isRecord(state) && state.kind === "dict") yield* children(state);
}

/** Whether the pickle is a whole torch.nn.Module rather than a dictionary of tensors. */
export function isModule(root: PickleValue): boolean {
  return isRecord(root) && root.kind === "object" && [...children(root)].some(([key]) => key === "_modules");
}

const storageTypes: Readonly<Record<string, FloatType | undefined>> = {
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  FloatStorage: "float32",
  DoubleStorage: "float64",
};

/** The tensor that a recorded call would make; undefined if it is another call. https://github.com/pytorch/pytorch/blob/v2.13.0/torch/_utils.py */
function viewOf(call: PickleObject, broken: Broken): StridedView | undefined {
  // A parameter wraps a tensor, and one with Python attributes wraps that once more.
  for (let wraps = 0; wraps < 4; wraps++) {
    const name = globalName(call.callable);
    const [first, , third] = call.arguments;
    if (name === "torch._utils._rebuild_tensor" || name === "torch._utils._rebuild_tensor_v2")
      return strided(call.arguments, broken);
    if (name.startsWith("torch._utils._rebuild_parameter")) {
      // (data, requires_grad, hooks[, state])
      if (!isRecord(first) || first.kind !== "object") return undefined;
      call = first;
    } else if (name === "torch._tensor._rebuild_from_type_v2") {
      // (function, class, arguments of the function, state)
      if (!isRecord(third) || third.kind !== "list") return undefined;
      call = { ...call, callable: first, arguments: third.items };
    } else return undefined;
  }
  return undefined;
}

function globalName(value: PickleValue): string {
  return isRecord(value) && value.kind === "global" ? value.name : "";
}

/** torch's own limit on the number of dimensions. */
const maxRank = 64;

/** _rebuild_tensor_v2(storage, offset, size, stride, ...), counted in elements. */
function strided([storage, offset, size, stride]: readonly PickleValue[], broken: Broken): StridedView {
  const wrong = () => broken("its description of a tensor is not valid");
  const shape = naturals(size);
  const steps = naturals(stride);
  const [from] = naturals({ kind: "list", items: [offset] }) ?? [];
  if (!shape || !steps || from === undefined || shape.length !== steps.length) throw wrong();
  if (shape.length > maxRank || !Number.isSafeInteger(elements(shape))) throw wrong();
  const id = isRecord(storage) && storage.kind === "persistent" ? storage.id : null;
  if (!isRecord(id) || id.kind !== "list") throw wrong();
  // ("storage", class, key, device, number of elements)
  const [, storageClass, key] = id.items;
  if (typeof key !== "string") throw wrong();
  const type = storageTypes[globalName(storageClass).split(".").at(-1)!];
  const view = { key, type, offset: from, shape, stride: steps };
  if (!Number.isSafeInteger(lastElement(view))) throw wrong();
  return view;
}

/** A tuple of whole numbers of 0 or more; undefined if it is anything else. */
function naturals(value: PickleValue | undefined): number[] | undefined {
  if (!isRecord(value) || value.kind !== "list" || value.items.length > maxRank) return undefined;
  const isNatural = (item: PickleValue): item is number =>
    Number.isSafeInteger(item) && (item as number) >= 0;
  return value.items.every(isNatural) ? value.items : undefined;
}
