import type { Graph } from "./graph.ts";
import type { NetworkNoise } from "./noise.ts";
import type { Value } from "./op.ts";

/** Name and shape of a tensor; shapes of inputs and outputs omit the batch axis. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What the trainer needs of a network, whether it was made of layers or read from a file. */
export interface Network {
  /** What a row consists of: arrays by name. */
  readonly inputs: readonly NamedShape[];
  /** Shape of the output at one place; the loss compares it with one label. */
  readonly output: readonly number[];
  /** Number of places of a row that have their own label: 1, or the pixels of a mask, or the tokens of a text. */
  readonly places: number;
  /** What training updates by its gradient; float32. */
  readonly parameters: readonly NamedShape[];
  /** Tensors that the network reads beside its parameters: frozen parameters and running statistics; float32. */
  readonly fixed: readonly NamedShape[];
  /** Name of the output layer's bias; undefined where there is none that can be set. */
  readonly outputBias: string | undefined;
  /**
   * Whether outputs in training mode depend on the other rows of the batch or on noise. Batches are then computed whole,
   * and never filled up.
   */
  readonly batchDependent: boolean;
  /** The random numbers that a step needs, for a batch of this many rows. */
  noise(batchSize: number): readonly NetworkNoise[];
  /**
   * Adds the network to a graph.
   *
   * @param inputs by name, (N, ...shape)
   * @param weights parameters and fixed tensors, by name
   */
  apply(
    graph: Graph,
    inputs: ReadonlyMap<string, Value>,
    weights: ReadonlyMap<string, Value>,
    mode: NetworkMode,
  ): AppliedNetwork;
}

export interface NetworkMode {
  /** Whether batch normalisation and dropout behave as in training. */
  readonly training: boolean;
  /** Values for the noise, by name; in training mode alone. */
  readonly noise?: ReadonlyMap<string, Value>;
}

export interface AppliedNetwork {
  /** (N x places, ...output), before the link. */
  readonly output: Value;
  /** The next value of each fixed tensor that a training step updates. */
  readonly nextState: ReadonlyMap<string, Value>;
}
