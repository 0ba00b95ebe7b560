import type { Tensor } from "../graph/tensor.ts";
import { nextName } from "../graph/trainStep.ts";

export interface StepResult {
  /** Loss of the batch before the step, reduced according to the loss's options (default: the mean). */
  readonly loss: number;
  /**
   * Rows that were predicted correctly: the largest output is that of the label or, for binary labels, all signs are
   * right. NaN for other labels.
   */
  readonly correct: number;
  /** Labels that count: those of the batch without the ones that are left out. */
  readonly labels: number;
}

/** Training steps, one or more in a run. */
export interface StepRunner {
  /** Maximum number of steps of one run. */
  readonly maxSteps: number;
  /**
   * @param variables parameters, state and slots, by name
   * @param batches rows of each step
   * @param done steps before these
   */
  run(
    variables: Readonly<Record<string, Tensor>>,
    batches: readonly ArrayLike<number>[],
    done: number,
  ): Promise<{ results: StepResult[]; next: Record<string, Tensor> }>;
  dispose(): Promise<void>;
}

/** The result of step `i` of a run, from the outputs of its graph. */
export function stepResult({ loss, correct }: Record<string, Tensor>, labels: number, i = 0): StepResult {
  return { loss: Number(loss.data[i]), correct: Number(correct?.data[i]), labels };
}

/** The variables after a run: those that its graph put out, and the others as they were. */
export function nextVariables(
  variables: Readonly<Record<string, Tensor>>,
  outputs: Record<string, Tensor>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, before]) => [name, outputs[nextName(name)] ?? before]),
  );
}
