import { type ArmStyle, armStyles } from "./armStyles.ts";
import { overSeeds, type SeedStep } from "./curves.ts";
import { palette } from "./svg.ts";

/** One training; all arrays have one entry per step, and losses may be NaN or infinite. */
export interface LossCurvesTrial {
  readonly arm: string;
  readonly expectedLoss: number;
  /** Epoch of each step, from 0. */
  readonly epochs: readonly number[];
  readonly batchLosses: readonly number[];
  /** Mean loss over the rows of the epoch so far. */
  readonly runningLosses: readonly number[];
}

/** The trainings of one arm, and their losses over its seeds. */
export interface ArmCurves {
  name: string;
  style: ArmStyle;
  trials: readonly LossCurvesTrial[];
  expectedLoss: number;
  epochs: readonly number[];
  running: readonly SeedStep[];
  batch: readonly SeedStep[];
}

/** The curves of each arm, in the order in which the arms first occur. */
export function groupByArm(trials: readonly LossCurvesTrial[]): ArmCurves[] {
  const names = [...new Set(trials.map(({ arm }) => arm))];
  const styles = armStyles(names);
  return names.map((name) => {
    const own = trials.filter(({ arm }) => arm === name);
    const longest = own.reduce((a, b) => (b.epochs.length > a.epochs.length ? b : a));
    return {
      name,
      style: styles.get(name)!,
      trials: own,
      expectedLoss: own[0].expectedLoss,
      epochs: longest.epochs,
      running: overSeeds(own.map(({ runningLosses }) => runningLosses)),
      batch: overSeeds(own.map(({ batchLosses }) => batchLosses)),
    };
  });
}

/** One line for each distinct expected loss, with its arms. */
export function expectedLosses(arms: readonly ArmCurves[]): { names: string[]; y: number; color: string }[] {
  const values = [...new Set(arms.map(({ expectedLoss }) => expectedLoss))].filter(Number.isFinite);
  return values.map((y) => {
    const same = arms.filter(({ expectedLoss }) => expectedLoss === y);
    const names = same.map(({ name }) => name);
    const color = same.length === 1 ? same[0].style.color : palette.muted.light;
    return { names, y, color };
  });
}
