import { expect, test } from "vitest";
import { experimentData } from "../../src/data/exampleSet.ts";
import { syntheticDataset } from "../../src/data/synthetic.ts";
import { initialLosses } from "../../src/experiment/initialLoss.ts";
import { resolvePlan } from "../../src/experiment/plan.ts";
import { armWeights, initialOutputs, runTrial } from "../../src/experiment/trial.ts";
import { trialLoss } from "../../src/experiment/trialLoss.ts";
import { trialNetwork } from "../../src/experiment/trialNetwork.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { forwardWith } from "../../src/graph/trainStep.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const dataset = syntheticDataset({ classes: 3, trainCount: 60, testCount: 30, shape: [6, 6, 3] });
const data = experimentData(dataset);
const keys = { dataset: "synthetic", counts: [20, 20, 20], epochs: 2, batchSize: 16 };
/** As in the original experiment, whose file computes convolutions by reshaping batches of the size that it was written for. */
const layers = [
  { conv2d: { filters: 4, kernel: [3, 3], activation: "relu" } },
  { maxPool2d: { kernel: [2, 2] } },
  { flatten: {} },
  { dense: { units: 5, activation: "relu" } },
];
const rows = Uint32Array.from({ length: 60 }, (_, row) => row);

test("a network from a file trains as the layers that it was written from, from the same weights and batches", async () => {
  const runtime = await nodeRuntime();
  const plan = resolvePlan({ ...keys, layers });
  const network = trialNetwork(plan, { data });
  const bias = [0.5, -0.5, 0.25];
  const original = await runTrial({ runtime, plan, network, data, rows }, 7, bias);

  const untrained = forwardWith(
    { model: network.network, types: { inputs: { images: "uint8" } }, microBatchSize: 7 },
    armWeights(network, 7, bias),
  );
  const ownPlan = resolvePlan({ ...keys, model: "net.onnx", keepWeights: true });
  const imported = trialNetwork(ownPlan, { data, file: toOnnx(untrained) });
  const [{ asIs }] = imported.parts;
  expect(asIs).toEqual(bias);
  const context = { runtime, plan: ownPlan, network: imported, data, rows };
  const again = await runTrial(context, 7, bias);
  again.result.batchLosses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(original.result.batchLosses[i], 5);
  });
  expect(again.result.test.loss).toBeCloseTo(original.result.test.loss, 5);

  const outputs = await initialOutputs(context, 7, rows);
  const [{ loss }] = trialLoss(ownPlan, imported, data, rows).parts;
  const initial = initialLosses(
    ["zero", "as-is"],
    loss,
    { outputs, labels: data.train.labels, firstBatch: rows.subarray(0, 16) },
    { asIs },
  );
  expect(initial.get("as-is")!.outputBias).toEqual(bias);
  expect(initial.get("zero")!.expectedLoss).toBeCloseTo(Math.log(3), 12);
});
