import type { Layer } from "../graph/layer.ts";
import * as layers from "../graph/layers.ts";
import type { ModelValue } from "../graph/model.ts";
import { batchNorm, dropout, layerNorm } from "../graph/normalizationLayers.ts";
import { gru, lstm } from "../graph/recurrentLayers.ts";
import { conv1d, embedding } from "../graph/sequenceLayers.ts";
import type { LayerKeys, LayerPlan, PlainLayer } from "./layerPlan.ts";

/** The layer that the keys of each kind make. */
const makers: { readonly [Kind in keyof LayerKeys]: (keys: LayerKeys[Kind]) => Layer } = {
  conv2d: ({ filters, kernel, ...options }) => layers.conv2d(filters, kernel, options),
  conv1d: ({ filters, kernel, ...options }) => conv1d(filters, kernel, options),
  maxPool2d: ({ kernel, strides }) => layers.maxPool2d(kernel, strides),
  averagePool2d: ({ kernel, strides }) => layers.averagePool2d(kernel, strides),
  globalAveragePool: layers.globalAveragePool,
  flatten: layers.flatten,
  dense: ({ units, activation }) => layers.dense(units, activation),
  embedding: ({ count, size }) => embedding(count, size),
  lstm: ({ units, ...options }) => lstm(units, options),
  gru: ({ units, ...options }) => gru(units, options),
  activation: ({ name }) => layers.activation(name),
  batchNorm,
  layerNorm,
  dropout: ({ rate }) => dropout(rate),
};

/** What the layers of a plan make of a value. */
export function placeLayers(x: ModelValue, plans: readonly LayerPlan[]): ModelValue {
  // Layers that follow each other are placed together, since some are faster so.
  const first = plans.findIndex((plan) => "residual" in plan);
  if (first < 0) return x.pipe(...(plans as readonly PlainLayer[]).map(makeLayer));
  const before = placeLayers(x, plans.slice(0, first));
  const { residual } = plans[first] as Extract<LayerPlan, { residual: unknown }>;
  return placeLayers(before.add(placeLayers(before, residual.layers)), plans.slice(first + 1));
}

function makeLayer(plan: PlainLayer): Layer {
  const [[kind, keys]] = Object.entries(plan) as [keyof LayerKeys, never][];
  return makers[kind](keys);
}
