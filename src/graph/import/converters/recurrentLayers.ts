import type { Value } from "../../op.ts";
import { gate, gruStep, lstmStep } from "../../recurrentCells.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";

/** The state of a cell, and what it computes it from in one time step; `bias` only of a cell that adds it apart. */
type RecurrentCell = (
  c: NodeContext,
  inputs: Value,
  state: readonly Value[],
  recurrent: Value,
  bias?: Value,
) => Value[];

const sigmoid = ({ graph }: NodeContext, x: Value) => graph.op("Sigmoid", [x]);
const tanh = ({ graph }: NodeContext, x: Value) => graph.op("Tanh", [x]);

/** Gates i, o, f, c in ONNX's order. */
const lstmCell: RecurrentCell = (c, inputs, [h, cell], recurrent) => {
  const { graph } = c;
  const all = graph.op("Gemm", [h, recurrent, inputs], { transB: true });
  const size = h.shape[1];
  const gates = sigmoid(c, graph.slice(all, [{ axis: 1, start: 0, end: 3 * size }]));
  const [i, o, f] = [0, 1, 2].map((k) => gate(graph, gates, k, size));
  const next = lstmStep(graph, { i, f, g: tanh(c, gate(graph, all, 3, size)), o }, cell);
  return [next.h, next.cell];
};

/** Gates z, r, h in ONNX's order; `linear_before_reset` as cuDNN and PyTorch. */
const gruCell: RecurrentCell = (c, inputs, [h], recurrent, bias) => {
  const { graph } = c;
  const size = h.shape[1];
  const rows = (start: number, end: number) => {
    const part = graph.slice(recurrent, [{ axis: 0, start: start * size, end: end * size }]);
    const offset = bias && graph.slice(bias, [{ axis: 0, start: start * size, end: end * size }]);
    return (x: Value) => graph.op("Gemm", offset ? [x, part, offset] : [x, part], { transB: true });
  };
  const gates = sigmoid(
    c,
    graph.add(graph.slice(inputs, [{ axis: 1, start: 0, end: 2 * size }]), rows(0, 2)(h)),
  );
  const [z, r] = [0, 1].map((k) => gate(graph, gates, k, size));
  const isLinear = c.int("linear_before_reset", 0) === 1;
  const remembered = isLinear ? graph.mul(r, rows(2, 3)(h)) : rows(2, 3)(graph.mul(r, h));
  const candidate = tanh(c, graph.add(gate(graph, inputs, 2, size), remembered));
  return [gruStep(graph, z, candidate, h)];
};

const rnnCell: RecurrentCell = (c, inputs, [h], recurrent) => {
  const { graph } = c;
  const sum = graph.op("Gemm", [h, recurrent, inputs], { transB: true });
  const names = c.attribute("activations")?.strings.map((name) => new TextDecoder().decode(name)) ?? [];
  return [
    names.every((name) => name === "Relu") && names.length > 0 ? graph.op("Relu", [sum]) : tanh(c, sum),
  ];
};

interface RecurrentKind {
  readonly cell: RecurrentCell;
  readonly states: number;
  /** Whether the cell adds the recurrent bias itself, since a gate may multiply it; others add it as they add the first. */
  readonly biasApart?: true;
}

/** One direction of a recurrent layer, unrolled over the time steps; returns outputs by time, and the last state. */
function direction(
  c: NodeContext,
  { cell, states, biasApart }: RecurrentKind,
  index: number,
  backwards: boolean,
) {
  const { graph, x } = c;
  const [steps, batch, features] = x.shape;
  const pick = (value: Value) =>
    graph.reshape(graph.slice(value, [{ axis: 0, start: index, end: index + 1 }]), value.shape.slice(1));
  const [kernel, recurrent] = [pick(c.input(1)), pick(c.input(2))];
  const rows = kernel.shape[0];
  const both = c.inputs[3] && pick(c.inputs[3]);
  const part = (start: number) => both && graph.slice(both, [{ axis: 0, start, end: start + rows }]);
  const [inputBias, recurrentBias] = [part(0), part(rows)];
  const bias = both && !biasApart ? graph.add(inputBias!, recurrentBias!) : inputBias;
  const flat = graph.reshape(x, [steps * batch, features]);
  const products = graph.op("Gemm", bias ? [flat, kernel, bias] : [flat, kernel], { transB: true });
  const inputs = graph.reshape(products, [steps, batch, rows]);
  const size = recurrent.shape[1];
  let state = Array.from({ length: states }, (_, i) => {
    const initial = c.inputs[5 + i];
    return initial ? pick(initial) : graph.expand(c.scalar(0, x.dtype), [batch, size]);
  });
  const outputs: Value[] = [];
  for (let t = 0; t < steps; t++) {
    const at = backwards ? steps - 1 - t : t;
    const now = graph.reshape(graph.slice(inputs, [{ axis: 0, start: at, end: at + 1 }]), [batch, rows]);
    state = cell(c, now, state, recurrent, biasApart ? recurrentBias : undefined);
    outputs[at] = graph.reshape(state[0], [1, 1, batch, size]);
  }
  return { y: outputs, last: state.map((value) => graph.reshape(value, [1, batch, size])) };
}

/** A recurrent layer over (time, batch, features). */
const recurrent =
  (kind: RecurrentKind): Converter =>
  (c) => {
    const { graph } = c;
    if (c.int("layout", 0) === 1) throw c.refuse("layout=1; allowed: 0");
    if (c.has("clip") || c.inputs[7]) throw c.refuse("clip or peephole weights");
    if (c.inputs[4] && c.numbers(4)!.some((length) => length !== c.x.shape[0])) {
      throw c.refuse("sequences of different lengths");
    }
    const name = c.text("direction", "forward");
    const backwards = name === "bidirectional" ? [false, true] : [name === "reverse"];
    const directions = backwards.map((back, i) => direction(c, kind, i, back));
    const along = (axis: number, parts: Value[]) =>
      parts.length === 1 ? parts[0] : graph.op("Concat", parts, { axis });
    const y = along(
      1,
      directions.map((one) => along(0, one.y)),
    );
    const last = Array.from({ length: kind.states }, (_, i) =>
      along(
        0,
        directions.map((one) => one.last[i]),
      ),
    );
    return [y, ...last];
  };

export const recurrentLayers: Record<string, Converter> = {
  GRU: recurrent({ cell: gruCell, states: 1, biasApart: true }),
  LSTM: recurrent({ cell: lstmCell, states: 2 }),
  RNN: recurrent({ cell: rnnCell, states: 1 }),
};
