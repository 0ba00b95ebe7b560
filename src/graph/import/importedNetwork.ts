import type { Graph } from "../graph.ts";
import type { NetworkNoise } from "../noise.ts";
import type { Value } from "../op.ts";
import type { DType, Tensor } from "../tensor.ts";
import type { NetworkParameter, NetworkState } from "./networkTensors.ts";
import type { ReadExternal } from "./protoTensor.ts";

export interface ImportOptions {
  /** Name of the file in messages. */
  readonly file?: string;
  /** Parameters that are not trained: names, or patterns with `*`. */
  readonly frozen?: readonly string[];
  /** Accept a file that was exported in inference mode, and train it unchanged, instead of refusing it. */
  readonly asExported?: boolean;
  /**
   * The outputs to keep, each with the name of the value that is read in its place: its own, or that before its last
   * activation. All of them as they are unless given.
   */
  readonly outputs?: ReadonlyMap<string, string>;
  /** Reads a file beside the model that holds large tensors. */
  readonly external?: ReadExternal;
}

/** An input or output of the network. A size is a number, or the name of a size that the data determine. */
export interface NetworkValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface BuildOptions {
  /** Whether batch normalisation and dropout behave as in training. */
  readonly training: boolean;
  /** Values for the noise, by name; as `bind` lists it. */
  readonly noise?: ReadonlyMap<string, Value>;
}

export interface BuiltNetwork {
  readonly outputs: ReadonlyMap<string, Value>;
  /** The next value of each state that a training step updates. */
  readonly nextState: ReadonlyMap<string, Value>;
}

/** The network at fixed shapes of its inputs. */
export interface BoundNetwork {
  readonly outputs: readonly Value[];
  readonly noise: readonly NetworkNoise[];
  /** The parameters that are not frozen and that the outputs depend on. */
  readonly trainable: readonly NetworkParameter[];
}

/** A network that was read from an ONNX file. */
export interface ImportedNetwork {
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  readonly parameters: readonly NetworkParameter[];
  readonly state: readonly NetworkState[];
  /** What the user should know: one sentence each. */
  readonly notes: readonly string[];
  /**
   * Checks that the network can be built at these shapes of its inputs, and says what it then computes and is fed.
   *
   * @param outputs the outputs that the loss reads; all of them unless given
   * @throws InputError that names the node where shapes do not fit
   */
  bind(shapes: Readonly<Record<string, readonly number[]>>, outputs?: readonly string[]): BoundNetwork;
  /**
   * Adds the network to a graph.
   *
   * @param inputs values for the inputs, by name, with the shapes that the network is built for
   * @param weights values for the parameters and the state, by name
   */
  build(
    graph: Graph,
    inputs: ReadonlyMap<string, Value>,
    weights: ReadonlyMap<string, Value>,
    options: BuildOptions,
  ): BuiltNetwork;
  /**
   * The file with other parameters and states, by name, in inference form: same names, inputs and outputs; batch
   * normalisation with running statistics, no dropout.
   */
  exportTrained(values: Readonly<Record<string, Tensor>>): Uint8Array;
}
