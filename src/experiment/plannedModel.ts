import { InputError } from "../errors.ts";
import type { Layer } from "../graph/layer.ts";
import { averagePool2d, conv2d, dense, flatten, maxPool2d, rescaling } from "../graph/layers.ts";
import { type Model, sequential } from "../graph/model.ts";
import type { LayerPlan, Plan } from "./plan.ts";

/**
 * The network of a plan, from bytes of the given image shape to one output a class.
 *
 * @throws InputError where a layer does not fit what comes before it
 */
export function makeModel(
  { layers, counts }: Pick<Plan, "layers" | "counts">,
  imageShape: readonly number[],
): Model {
  try {
    return sequential(imageShape, [rescaling(1 / 255), ...layers.map(makeLayer), dense(counts.length)]);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`layers: ${error.message}`) : error;
  }
}

function makeLayer(plan: LayerPlan): Layer {
  if ("conv2d" in plan) return conv2d(plan.conv2d.filters, plan.conv2d.kernel, plan.conv2d);
  if ("maxPool2d" in plan) return maxPool2d(plan.maxPool2d.kernel, plan.maxPool2d.strides);
  if ("averagePool2d" in plan) return averagePool2d(plan.averagePool2d.kernel, plan.averagePool2d.strides);
  if ("dense" in plan) return dense(plan.dense.units, plan.dense.activation);
  return flatten();
}
