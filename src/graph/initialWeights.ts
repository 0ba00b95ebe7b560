import { type SeededRandom, seededRandom } from "../math/seededRandom.ts";
import type { Initializer } from "./layer.ts";
import type { Model } from "./model.ts";
import type { Tensor } from "./tensor.ts";
import { elementCount, tensor } from "./tensor.ts";

/** Tensors by the names of a network's parameters and state: what a training step takes and returns. */
export type Weights = Record<string, Tensor>;

/**
 * Initial float32 weights and state. Each parameter has its own random stream, so that none depends on the size of another.
 */
export function initialWeights(model: Model, seed: number): Weights {
  return Object.fromEntries(
    [...model.parameters, ...model.fixed].map(({ name, shape, initializer }) => [
      name,
      tensor("float32", shape, draw(initializer, shape, seededRandom(seed, `weights/${name}`))),
    ]),
  );
}

function draw(initializer: Initializer, shape: readonly number[], random: SeededRandom): Float32Array {
  const values = new Float32Array(elementCount(shape));
  const uniform = (limit: number) => values.map(() => limit * (2 * random.uniform() - 1));
  switch (initializer.kind) {
    case "zeros":
      return values;
    case "ones":
      return values.fill(1);
    case "uniform":
      return uniform(initializer.limit);
    case "normal":
      return values.map(() => initializer.standardDeviation * random.normal());
    case "glorotUniform":
      return uniform(Math.sqrt(6 / (initializer.fanIn + initializer.fanOut)));
    case "orthogonal":
      return orthogonal(shape, random);
  }
}

/** A random matrix whose rows, or columns if it has fewer of them, are orthonormal: by the Gram-Schmidt process. */
function orthogonal([rows, columns]: readonly number[], { normal }: SeededRandom): Float32Array {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = new Float64Array(length).map(normal);
    for (const other of vectors) {
      const shared = dot(vector, other);
      for (let k = 0; k < length; k++) vector[k] -= shared * other[k];
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((x) => x / norm));
  }
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return rows <= columns ? vectors[row][column] : vectors[column][row];
  });
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
