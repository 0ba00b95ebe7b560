import type { AxisRange, OpAttributes, OpName } from "./opAttributes.ts";
import type { DType } from "./tensor.ts";

/** A value of the graph: the output of a node, an input or a constant. Its shape is static. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Element type and shape of an op's output. */
export type ValueType = Omit<Value, "name">;

/** A value, or a number that stands for a constant of the other operand's type. */
export type Operand = Value | number;

/** What gradient rules add nodes with: the methods of `Graph` that add a node and return its output. */
export interface GraphBuilder {
  op<Name extends OpName>(name: Name, x: readonly Value[], attributes?: OpAttributes[Name]): Value;
  scalar(number: number, dtype: DType): Value;
  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  div(a: Operand, b: Operand): Value;
  neg(x: Value): Value;
  matmul(a: Value, b: Value): Value;
  cast(x: Value, to: DType): Value;
  reshape(x: Value, shape: readonly number[]): Value;
  expand(x: Value, shape: readonly number[]): Value;
  /** 1 where x > 0 and 0 elsewhere. */
  step(x: Value): Value;
  transpose(x: Value, permutation: readonly number[]): Value;
  slice(x: Value, ranges: readonly AxisRange[]): Value;
  pad(x: Value, before: readonly number[], after: readonly number[]): Value;
  identity(size: number, dtype: DType): Value;
}

/** What a gradient rule gets: the op's inputs `x`, output `y` and attributes, and the gradient `dy` with respect to `y`. */
export interface GradientContext<Attributes> {
  readonly graph: GraphBuilder;
  readonly x: readonly Value[];
  readonly y: Value;
  readonly dy: Value;
  readonly attributes: Attributes;
}

/**
 * The gradient with respect to one input. Its result may be larger than the input by broadcasting: the reverse walk
 * sums it back. Undefined stands for zero.
 */
export type GradientRule<Attributes> = (context: GradientContext<Attributes>) => Value | undefined;

/** Dense float64 numbers, with which the interpreter computes for every element type. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** How an op is written as an ONNX node: its static parameters are attributes or further int64 inputs. */
export interface Lowered {
  readonly attributes?: Record<string, AttributeValue>;
  readonly inputs?: readonly {
    readonly dtype: DType;
    readonly shape: readonly number[];
    readonly data: readonly number[];
  }[];
}

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** One row of the table of ops. Every op has one output. */
export interface Op<Attributes> {
  /** Type and shape of the output; throws a RangeError that names both sizes if the inputs do not fit. */
  readonly type: (x: readonly ValueType[], attributes: Attributes) => ValueType;
  /** One rule per input, or a function of the input's index for ops with any number of inputs. */
  readonly gradient: readonly GradientRule<Attributes>[] | ((index: number) => GradientRule<Attributes>);
  /** The slow and obvious definition, in float64. Fills `y` (zeros) from `x`. */
  readonly evaluate: (x: readonly NumberArray[], y: NumberArray, attributes: Attributes) => void;
  /** How the attributes are written in ONNX; without it they are written as they are. */
  readonly lower?: (attributes: Attributes) => Lowered;
  /** The operator's domain, "" (ONNX's own) unless given. */
  readonly domain?: string;
}

/** For inputs that carry no gradient (indices, conditions) and for piecewise constant functions. */
export const zero = (): undefined => undefined;
