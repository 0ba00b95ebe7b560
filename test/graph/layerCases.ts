import { type Activation, activationNames } from "../../src/graph/activations.ts";
import type { Layer } from "../../src/graph/layer.ts";
import { activation, dense, flatten, globalAveragePool } from "../../src/graph/layers.ts";
import { functional, type Model, sequential } from "../../src/graph/model.ts";
import { batchNorm, dropout, layerNorm } from "../../src/graph/normalizationLayers.ts";
import { gru, lstm } from "../../src/graph/recurrentLayers.ts";
import { conv1d, embedding } from "../../src/graph/sequenceLayers.ts";

/** A network of one kind of layer, and the largest whole number that it takes if it takes whole numbers. */
export interface LayerCase {
  readonly title: string;
  readonly model: Model;
  readonly integers?: number;
}

const one = (title: string, input: readonly number[], ...layers: readonly Layer[]): LayerCase => ({
  title,
  model: sequential(input, [...layers, flatten(), dense(2)]),
});

/** Every layer at small sizes. */
export const layerCases: readonly LayerCase[] = [
  ...activationNames.map((name: Activation) => one(name, [5], activation(name))),
  one("batchNorm of vectors", [3], batchNorm()),
  one("batchNorm of images", [2, 3, 2], batchNorm({ momentum: 0.9, epsilon: 1e-5 })),
  one("layerNorm", [2, 4], layerNorm()),
  one("dropout", [6], dropout(0.4)),
  one("globalAveragePool of images", [3, 2, 4], globalAveragePool()),
  one("globalAveragePool of sequences", [3, 4], globalAveragePool()),
  one("conv1d", [7, 3], conv1d(4, 3, { activation: "tanh" })),
  one("conv1d with padding and stride", [8, 2], conv1d(3, 4, { padding: "same", stride: 3 })),
  one("lstm", [3, 2], lstm(3)),
  one("lstm, all steps", [3, 2], lstm(2, { returnSequences: true })),
  one("gru", [3, 2], gru(3)),
  one("gru, all steps", [3, 2], gru(2, { returnSequences: true })),
  { ...one("embedding", [4], embedding(5, 3)), integers: 5 },
  {
    title: "a residual sum",
    model: functional([4], (x) => x.add(x.pipe(dense(4, "tanh"), batchNorm())).pipe(dense(2))),
  },
];
