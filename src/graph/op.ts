import type { Graph } from "./graph.ts";
import type { DType } from "./tensor.ts";

/** A value of the graph: the output of a node, an input or a constant. Its shape is static. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What an op's output is like. */
export type ValueType = Omit<Value, "name">;

/** What a gradient rule sees: the op's inputs `x`, output `y`, attributes, and the gradient `dy` that reached `y`. */
export interface GradientContext<Attributes> {
  readonly graph: Graph;
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

/** Dense float64 numbers: what the interpreter computes with, whatever the element type. */
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
  /** Type and shape of the output; throws a message that names both sizes where the inputs do not fit. */
  readonly type: (x: readonly ValueType[], attributes: Attributes) => ValueType;
  /** One rule an input, or a function of the input's index for ops with any number of inputs. */
  readonly gradient: readonly GradientRule<Attributes>[] | ((index: number) => GradientRule<Attributes>);
  /** The slow and obvious definition, in float64. Fills `y` (zeros) from `x`. */
  readonly evaluate: (x: readonly NumberArray[], y: NumberArray, attributes: Attributes) => void;
  /** How the attributes are written in ONNX; without it they are written as they are. */
  readonly lower?: (attributes: Attributes) => Lowered;
  /** The operator's domain, "" (ONNX's own) unless given. */
  readonly domain?: string;
}

export type NoAttributes = Record<never, never>;

/** For inputs that carry no gradient (indices, conditions) and for piecewise constant functions. */
export const zero = (): undefined => undefined;
