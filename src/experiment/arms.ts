/** What an arm's output bias is computed from. */
export interface ArmInputs {
  /** The closed form: log of each class's frequency in the training subset. */
  readonly prior: readonly number[];
  /** Mean over one training batch of the network's output without bias. */
  readonly meanOutput: readonly number[];
}

/** The arms of an experiment: they differ in the output bias alone. */
const biases = {
  /** The default of deep-learning frameworks. */
  zero: ({ prior }: ArmInputs) => prior.map(() => 0),
  /** Log class frequency: right for a network whose output without bias is zero on average. */
  prior: ({ prior }: ArmInputs) => [...prior],
  /** The prior minus this network's mean output without bias: right for this network (docs/theory.md, The band). */
  calibrated: ({ prior, meanOutput }: ArmInputs) => prior.map((bias, k) => bias - meanOutput[k]),
};

export type ArmName = keyof typeof biases;

export const armNames = Object.keys(biases) as ArmName[];

/** The output bias that an arm starts from. */
export function armBias(arm: ArmName, inputs: ArmInputs): number[] {
  return biases[arm](inputs);
}
