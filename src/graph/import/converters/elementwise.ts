import { elu, leakyRelu, mish, selu, silu, softsign } from "../../activations.ts";
import type { Value } from "../../op.ts";
import type { OpAttributes, OpName } from "../../opAttributes.ts";
import type { DType, Tensor } from "../../tensor.ts";
import { elementCount, numbers, tensor } from "../../tensor.ts";
import { throughTranspose } from "../../throughTranspose.ts";
import { geluOfErf } from "../geluOfErf.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { dtypeOf } from "../protoTensor.ts";

type PlainOp = { [Name in OpName]: OpAttributes[Name] extends Record<never, never> ? Name : never }[OpName];

/** An op of the same name, without attributes. */
const same =
  (name: PlainOp): Converter =>
  (c) => {
    const inputs = c.inputs.map((_, i) => c.input(i));
    return name === "GatherND" ? c.graph.op(name, inputs) : throughTranspose(c.graph, name, inputs);
  };

const plain = [
  ...["Abs", "Add", "And", "Atanh", "Ceil", "Cos", "Div", "Equal", "Erf", "Exp", "Floor", "GatherND"],
  ...["Greater", "GreaterOrEqual", "IsNaN", "Less", "LessOrEqual", "Log", "Neg", "Not", "Or"],
  ...["Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Sub", "Sum"],
  ...["Tanh", "Where", "Xor"],
] as readonly PlainOp[];

/** Folds any number of inputs with an op of two. */
const folded =
  (name: "Max" | "Min"): Converter =>
  (c) =>
    c.inputs.map((_, i) => c.input(i)).reduce((a, b) => throughTranspose(c.graph, name, [a, b]));

/** x Phi(x), or its approximation by tanh. */
const gelu: Converter = (c) => {
  const { graph, x } = c;
  if (c.text("approximate", "none") === "none") return graph.op("Gelu", [x]);
  const cubic = graph.add(x, graph.mul(graph.mul(graph.mul(x, x), x), 0.044715));
  const tanh = graph.op("Tanh", [graph.mul(cubic, Math.sqrt(2 / Math.PI))]);
  return graph.mul(graph.mul(x, 0.5), graph.add(tanh, 1));
};

const product: Converter = (c) => {
  const x = geluOfErf(c.graph, [c.x, c.input(1)], c.network.known);
  return x ? throughTranspose(c.graph, "Gelu", [x]) : throughTranspose(c.graph, "Mul", [c.x, c.input(1)]);
};

const clip: Converter = (c) => {
  const low = c.inputs[1] ? throughTranspose(c.graph, "Max", [c.x, c.input(1)]) : c.x;
  return c.inputs[2] ? throughTranspose(c.graph, "Min", [low, c.input(2)]) : low;
};

const hardSigmoid = (c: NodeContext, alpha: number, beta: number) =>
  c.graph.op("HardSigmoid", [c.x], { alpha, beta });

/** PRelu's slope has the shape of the channels, or broadcasts from the right. */
const cast: Converter = (c) => {
  const to = dtypeOf(c.int("to", 1));
  if (!to) throw c.refuse(`cast to element type ${c.int("to", 1)} of ONNX`);
  return c.graph.cast(c.x, to);
};

/** Sets all elements of a shape to one number. */
export function filled(c: NodeContext, dtype: DType, shape: readonly number[], number: number): Value {
  if (elementCount(shape) <= 1)
    return c.constant(tensor(dtype, shape, Array(elementCount(shape)).fill(number)));
  const y = c.graph.expand(c.scalar(number, dtype), shape);
  c.network.known.set(y.name, tensor(dtype, shape, new Float64Array(elementCount(shape)).fill(number)));
  return y;
}

/** Whether the content of a value is known, and every element satisfies `test`. */
export function isAll(content: Tensor | undefined, test: (number: number) => boolean): boolean {
  return content !== undefined && numbers(content).every(test);
}

export const elementwise: Record<string, Converter> = {
  ...Object.fromEntries(plain.map((name) => [name, same(name)])),
  Cast: cast,
  CastLike: (c) => c.graph.cast(c.x, c.input(1).dtype),
  Celu: (c) => elu(c.graph, c.x, c.float("alpha", 1), c.float("alpha", 1)),
  Clip: clip,
  CumSum: (c) =>
    c.graph.op("CumSum", [c.x], {
      axis: c.numbers(1)![0],
      reverse: c.int("reverse", 0) === 1,
      exclusive: c.int("exclusive", 0) === 1,
    }),
  Elu: (c) => elu(c.graph, c.x, c.float("alpha", 1)),
  Gelu: gelu,
  HardSigmoid: (c) => hardSigmoid(c, c.float("alpha", 0.2), c.float("beta", 0.5)),
  HardSwish: (c) => c.graph.mul(c.x, hardSigmoid(c, 1 / 6, 0.5)),
  Identity: (c) => c.x,
  LeakyRelu: (c) => leakyRelu(c.graph, c.x, c.float("alpha", 0.01)),
  Max: folded("Max"),
  Mean: (c) =>
    c.graph.div(
      c.graph.op(
        "Sum",
        c.inputs.map((_, i) => c.input(i)),
      ),
      c.inputs.length,
    ),
  Min: folded("Min"),
  Mish: (c) => mish(c.graph, c.x),
  Mod: (c) => c.graph.op("Mod", [c.x, c.input(1)], { truncated: c.int("fmod", 0) === 1 }),
  Mul: product,
  // The exponent may be of another type than the base, also an integer.
  Pow: (c) => throughTranspose(c.graph, "Pow", [c.x, c.graph.cast(c.input(1), c.x.dtype)]),
  PRelu: (c) => leakyRelu(c.graph, c.x, c.input(1)),
  /** The constants are ONNX's defaults. */
  Selu: (c) => selu(c.graph, c.x, c.float("alpha", 1.6732631921768188), c.float("gamma", 1.0507010221481323)),
  Softsign: (c) => softsign(c.graph, c.x),
  Swish: (c) => silu(c.graph, c.x, c.float("alpha", 1)),
  ThresholdedRelu: (c) => {
    const above = c.graph.op("Greater", [c.x, c.scalar(c.float("alpha", 1))]);
    return c.graph.op("Where", [above, c.x, c.scalar(0)]);
  },
};
