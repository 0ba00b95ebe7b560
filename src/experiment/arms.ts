import { InputError, unknownName } from "../errors.ts";
import { sum } from "../math/sum.ts";

/** What an arm's output bias is computed from. */
export interface ArmInputs {
  /** The optimal constant output for the labels that are trained on; for classes, log frequencies. */
  readonly prior: readonly number[];
  /** Mean over the first training batch of the network's output without bias. */
  readonly meanOutput: readonly number[];
  /** The bias that the network's file has; undefined for a network made of layers. */
  readonly asIs?: readonly number[];
  /** The biases of the files that arms name. */
  readonly files?: Readonly<Record<string, readonly number[]>>;
}

/** The arms that any network has: they differ in the output bias alone. */
const biases = {
  /** The default of deep-learning frameworks. */
  zero: ({ prior }: ArmInputs) => prior.map(() => 0),
  /** Right for a network whose output without bias is zero on average. */
  prior: ({ prior }: ArmInputs) => [...prior],
  /** The prior minus this network's mean output without bias: right for this network (docs/theory.md, The band). */
  calibrated: ({ prior, meanOutput }: ArmInputs) => prior.map((bias, k) => bias - meanOutput[k]),
};

export type ArmName = keyof typeof biases;

export const armNames = Object.keys(biases) as ArmName[];

/** The arm that keeps the bias of the network's file, such as PyTorch's small random numbers. */
const asIs = "as-is";

/** Whether an arm is a file with a bias. */
export const isBiasFile = (arm: string) => /\.(npy|json)$/i.test(arm);

/** @throws InputError for a name that is none */
export function requireArm(arm: string, place: string): void {
  if (arm in biases || arm === asIs || isBiasFile(arm)) return;
  throw new InputError(
    `${place}: ${unknownName("arm", arm, [...armNames, asIs]).message}, or a .npy or .json file with a bias`,
  );
}

/**
 * The output bias that an arm starts from.
 *
 * @throws InputError where the network has no such bias, or the file's does not fit it
 */
export function armBias(arm: string, inputs: ArmInputs): number[] {
  const bias =
    arm in biases ? biases[arm as ArmName](inputs) : arm === asIs ? inputs.asIs : inputs.files?.[arm];
  if (bias === undefined) {
    throw new InputError(`the arm ${arm} needs a network from a file (--model), whose bias it keeps`);
  }
  if (bias.length !== inputs.prior.length || !bias.every(Number.isFinite)) {
    throw new InputError(
      `${arm} has ${bias.length} numbers${bias.every(Number.isFinite) ? "" : ", not all of them finite"}; needed: ${inputs.prior.length}, one per output`,
    );
  }
  return [...bias];
}

/**
 * What the biases of files say of one of several outputs: such a file has the biases of all, one after another.
 *
 * @throws InputError where a file has another count of numbers
 */
export function biasesOfPart(
  files: Readonly<Record<string, readonly number[]>>,
  parts: readonly { readonly name?: string; readonly width: number }[],
  index: number,
): Readonly<Record<string, readonly number[]>> {
  if (parts.length === 1) return files;
  const widths = parts.map(({ width }) => width);
  const total = sum(widths);
  const start = sum(widths.slice(0, index));
  return Object.fromEntries(
    Object.entries(files).map(([file, bias]) => {
      if (bias.length === total) return [file, bias.slice(start, start + widths[index])];
      throw new InputError(
        `${file} has ${bias.length} numbers; needed: ${total}, the biases of ${parts.map(({ name, width }) => `${name} (${width})`).join(", ")} one after another`,
      );
    }),
  );
}
