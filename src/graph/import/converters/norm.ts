import { dropped, normalized, requireValues, runningAverage } from "../../normalized.ts";
import type { Value } from "../../op.ts";
import { elementCount } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { isAll } from "./elementwise.ts";

/** (C) in a shape that broadcasts against (N, C, ...). */
const perChannel = ({ graph }: NodeContext, x: Value, rank: number) =>
  graph.reshape(x, [elementCount(x.shape), ...Array(Math.max(rank - 2, 0)).fill(1)]);

const affine = (c: NodeContext, x: Value, scale: Value | undefined, bias: Value | undefined) => {
  const scaled = scale ? c.graph.mul(x, scale) : x;
  return bias ? c.graph.add(scaled, bias) : scaled;
};

/**
 * Batch normalisation (Ioffe and Szegedy 2015). In training mode with the statistics of the batch, of which running
 * averages are kept: running = momentum running + (1 - momentum) batch. ONNX averages the biased variance; PyTorch, and
 * so files that it wrote, the unbiased one.
 */
const batchNormalization: Converter = (c) => {
  const { graph, x } = c;
  const rank = x.shape.length;
  const [scale, bias, runningMean, runningVariance] = [1, 2, 3, 4].map((i) => c.input(i));
  const epsilon = c.float("epsilon", 1e-5);
  const channels = (value: Value) => perChannel(c, value, rank);
  const trains = c.int("training_mode", Number(c.network.unstatedNormsTrain)) === 1;
  if (!(c.network.training && trains)) {
    const deviation = graph.op("Sqrt", [graph.add(runningVariance, epsilon)]);
    const y = graph.div(graph.sub(x, channels(runningMean)), channels(deviation));
    return [affine(c, y, channels(scale), channels(bias)), runningMean, runningVariance];
  }
  // Where x is a transpose, on what was transposed: transposes of one layer and the next then cancel.
  const { from, order } = graph.transposeOf(x) ?? { from: x, order: [...x.shape.keys()] };
  const axes = [...x.shape.keys()].filter((axis) => axis !== order[1]);
  const count = elementCount(x.shape) / x.shape[1];
  requireValues(count);
  const { mean, variance, y } = normalized(c.graph, from, axes, epsilon);
  const correction = c.network.unbiasedVariance && count > 1 ? count / (count - 1) : 1;
  const momentum = c.float("momentum", 0.9);
  const next = [[runningMean, mean, 1] as const, [runningVariance, variance, correction] as const].map(
    ([running, batch, factor], i) => {
      const value = runningAverage(graph, running, batch, momentum, factor);
      c.network.setState(c.node.input[3 + i], value);
      return value;
    },
  );
  const ofAxis = (value: Value) => graph.reshape(value, mean.shape);
  return [graph.transpose(affine(c, y, ofAxis(scale), ofAxis(bias)), order), ...next];
};

const layerNormalization: Converter = (c) => {
  const axis = c.axis(-1);
  const axes = [...c.x.shape.keys()].slice(axis);
  const { mean, deviation, y } = normalized(c.graph, c.x, axes, c.float("epsilon", 1e-5));
  const result = affine(c, y, c.inputs[1], c.inputs[2]);
  return c.node.output.length === 1 ? result : [result, mean, c.graph.op("Reciprocal", [deviation])];
};

const rmsNormalization: Converter = (c) => {
  const axes = [...c.x.shape.keys()].slice(c.axis(-1));
  const square = c.graph.op("ReduceMean", [c.graph.mul(c.x, c.x)], { axes });
  const root = c.graph.op("Sqrt", [c.graph.add(square, c.float("epsilon", 1e-5))]);
  return affine(c, c.graph.div(c.x, root), c.inputs[1], undefined);
};

const instanceNormalization: Converter = (c) => {
  const rank = c.x.shape.length;
  const axes = [...c.x.shape.keys()].slice(2);
  const { y } = normalized(c.graph, c.x, axes, c.float("epsilon", 1e-5));
  return affine(c, y, perChannel(c, c.input(1), rank), perChannel(c, c.input(2), rank));
};

/** Scale and bias are one per group up to opset 20 and one per channel from 21 on. */
const groupNormalization: Converter = (c) => {
  const groups = c.int("num_groups", 1);
  const [n, channels, ...size] = c.x.shape;
  const grouped = c.graph.reshape(c.x, [n, groups, (channels / groups) * elementCount(size)]);
  const { y } = normalized(c.graph, grouped, [2], c.float("epsilon", 1e-5));
  const each = (value: Value) => {
    if (elementCount(value.shape) === channels) return perChannel(c, value, c.x.shape.length);
    const wide = c.graph.expand(c.graph.reshape(value, [groups, 1]), [groups, channels / groups]);
    return perChannel(c, wide, c.x.shape.length);
  };
  return affine(c, c.graph.reshape(y, c.x.shape), each(c.input(1)), each(c.input(2)));
};

const lpNormalization: Converter = (c) => {
  const p = c.int("p", 2);
  const axes = [c.axis(-1)];
  const sum = (value: Value) => c.graph.op("ReduceSum", [value], { axes });
  if (p === 1) return c.graph.div(c.x, sum(c.graph.op("Abs", [c.x])));
  return c.graph.div(c.x, c.graph.op("Sqrt", [sum(c.graph.mul(c.x, c.x))]));
};

/** Dropout in training mode zeroes elements with probability `ratio`. The mask is an input, drawn from the seed. */
const dropout: Converter = (c) => {
  const ratio = c.inputs[1] ? c.numbers(1)![0] : 0.5;
  const isTraining =
    c.network.training && c.inputs[2] && isAll(c.network.known.get(c.inputs[2].name), (flag) => flag !== 0);
  const wantsMask = c.node.output.length > 1;
  const withMask = (y: Value, mask: () => Value) => (wantsMask ? [y, mask()] : y);
  if (!isTraining || ratio === 0) {
    return withMask(c.x, () => c.graph.expand(c.scalar(1, "bool"), c.x.shape));
  }
  const mask = c.network.noise(c.node, { kind: "mask", keep: 1 - ratio }, c.x.shape);
  return withMask(dropped(c.graph, c.x, mask, 1 - ratio), () => c.graph.cast(mask, "bool"));
};

export const norm: Record<string, Converter> = {
  BatchNormalization: batchNormalization,
  Dropout: dropout,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  RMSNormalization: rmsNormalization,
};
