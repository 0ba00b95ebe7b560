import type { ExampleSet } from "../data/exampleSet.ts";
import type { NetworkPart } from "../graph/import/networkOnData.ts";
import type { NamedShape } from "../graph/network.ts";
import { elementCount } from "../graph/tensor.ts";
import { sum } from "../math/sum.ts";
import { type DataFacts, factsOf } from "./dataFacts.ts";
import { makeOptimizer } from "./optimizerPlan.ts";
import type { Plan } from "./plan.ts";
import { settingsOf } from "./settings.ts";
import type { TrialMaterials } from "./trialNetwork.ts";
import { constantLosses, type TrialSetting, trialSettings } from "./trialSettings.ts";

/** What a plan would train. */
export interface DryRun {
  readonly data: DataFacts;
  readonly settings: readonly DryRunSetting[];
  /** Seeds x arms x settings, and the training steps of all of them where no training stops early. */
  readonly trials: number;
  readonly steps: number;
  /** Bytes of all rows in memory; the workers share them. */
  readonly dataBytes: number;
}

/** What one setting of a plan would train. */
export interface DryRunSetting {
  /** Its values of the grid; empty without one. */
  readonly name: string;
  /** Numbers that are trained, and those that the network reads beside them: frozen, or running statistics. */
  readonly parameters: number;
  readonly fixed: number;
  /** Shapes of one row. */
  readonly inputs: readonly NamedShape[];
  /** The outputs that losses read: numbers at one place, and places of a row that have a label each. */
  readonly outputs: readonly NetworkPart[];
  readonly trainCount: number;
  readonly stepsPerTrial: number;
  /** By arm: see `constantLosses`. */
  readonly expectedLosses: Readonly<Record<string, number>>;
  /** Bytes of each worker for weights and the optimizer's state; without gradients and activations. */
  readonly weightBytes: number;
  readonly optimizerBytes: number;
}

/** Bytes of a float32. */
const floatBytes = 4;

/**
 * What a plan would train, without training it.
 *
 * @throws InputError where plan, data, network and biases do not fit each other
 */
export function dryRun(plan: Plan, materials: TrialMaterials): DryRun {
  const { data } = materials;
  const settled = trialSettings(plan, materials);
  const names = settingsOf(plan).map(({ name }) => name);
  const settings = settled.map((setting, i) => described(names[i], setting, materials));
  const trialsEach = plan.seeds.length * plan.arms.length;
  const [{ rows, network }] = settled;
  return {
    data: factsOf(plan, data, rows, network.notes),
    settings,
    trials: settings.length * trialsEach,
    steps: trialsEach * sum(settings.map(({ stepsPerTrial }) => stepsPerTrial)),
    dataBytes: bytesOf([data.train, data.test]),
  };
}

function described(name: string, setting: TrialSetting, materials: TrialMaterials): DryRunSetting {
  const { plan, rows } = setting;
  const { inputs, ...network } = setting.network.network;
  const [parameters, fixed] = [network.parameters, network.fixed].map((tensors) =>
    sum(tensors.map(({ shape }) => elementCount(shape))),
  );
  return {
    name,
    parameters,
    fixed,
    inputs: inputs.map(({ name, shape }) => ({ name, shape })),
    outputs: setting.network.parts.map(({ asIs: _, ...part }) => part),
    trainCount: rows.length,
    stepsPerTrial: plan.epochs * Math.ceil(rows.length / plan.batchSize),
    expectedLosses: constantLosses(setting, materials),
    weightBytes: floatBytes * (parameters + fixed),
    optimizerBytes: floatBytes * parameters * makeOptimizer(plan).slots.length,
  };
}

/** Bytes in memory of the arrays of these sets; training and test rows may be in the same arrays. */
function bytesOf(sets: readonly ExampleSet[]): number {
  const arrays = sets.flatMap(({ inputs, labels, weights }) => [
    ...Object.values(inputs),
    labels,
    ...(weights ? [weights] : []),
  ]);
  return sum([...new Set(arrays)].map((values) => ("byteLength" in values ? values.byteLength : 0)));
}
