/** Numbers of things that a program may add up, or divide by, by mistake; what is not known is left out. */
export interface LossSizes {
  /** Rows that the loss is over: of the check, or of a batch. */
  readonly rows?: number;
  /** Labelled places (tokens, pixels) of one row's input, on average. */
  readonly placesPerInput?: number;
  /** Outputs of one row. */
  readonly outputs?: number;
  /** Number of labels per row, each with its own loss. */
  readonly columns?: number;
  /** Micro-batches per step. */
  readonly accumulate?: number;
  /** Devices that share a batch. */
  readonly devices?: number;
  /** Share of the rows that the loss should leave out: padding, ignored labels. */
  readonly leftOut?: number;
}

/** Another divisor than the stated one. */
export interface Reduction {
  readonly name:
    | "sum over places"
    | "sum over rows"
    | "divided by outputs"
    | "divided by rows twice"
    | "sum over columns"
    | "divided by columns"
    | "logarithms to base 2"
    | "logarithms to base 10"
    | "not divided by micro-batches"
    | "divided by micro-batches twice"
    | "sum over devices"
    | "divided by devices twice"
    | "padding in the divisor";
  /** What the mean over rows is multiplied by. */
  readonly factor: number;
  /** What this gives, in words. */
  readonly equals: string;
  readonly fix: string;
  /** Whether a size is one of the usual ones rather than known. */
  readonly isGuess?: true;
}

/** Numbers of micro-batches that are tried where none is told. */
const usualAccumulations = [2, 4, 8, 16, 32, 64];

const byRows = "divide the loss by the number of rows (reduction: mean), or scale the learning rate";
const byPlaces = "divide by the number of places (tokens, pixels), not of inputs";
const bySteps =
  "divide the loss of each micro-batch by their number, so that their gradients add up to the mean's";
const byDevices = "average the loss over the devices, so that their number does not change it";

/** All divisors that may have been mixed up, in the order of how much each assumes. */
export function lossReductions(sizes: LossSizes): Reduction[] {
  const { rows, placesPerInput, outputs, columns, devices, leftOut } = sizes;
  const found: (Reduction | undefined | false)[] = [
    above1(placesPerInput) && {
      name: "sum over places",
      factor: placesPerInput,
      equals: `the sum over the ${Number(placesPerInput.toPrecision(3))} labelled places of an input, averaged over inputs`,
      fix: byPlaces,
    },
    ...pair(rows, (n) => [
      { name: "sum over rows", factor: n, equals: `the sum over the ${n} rows`, fix: byRows },
      {
        name: "divided by rows twice",
        factor: 1 / n,
        equals: `the mean divided by the ${n} rows once more`,
        fix: byRows,
      },
    ]),
    above1(outputs) && {
      name: "divided by outputs",
      factor: 1 / outputs,
      equals: `the mean divided by the ${outputs} outputs as well`,
      fix: byRows,
    },
    ...pair(columns, (n) => [
      { name: "sum over columns", factor: n, equals: `the sum over the ${n} columns`, fix: byRows },
      { name: "divided by columns", factor: 1 / n, equals: `the mean over the ${n} columns`, fix: byRows },
    ]),
    {
      name: "logarithms to base 2",
      factor: 1 / Math.LN2,
      equals: "the mean in bits (logarithms to base 2)",
      fix: "nothing is wrong: multiply by ln 2 = 0.6931 to compare it with losses in nats",
    },
    {
      name: "logarithms to base 10",
      factor: 1 / Math.LN10,
      equals: "the mean with logarithms to base 10",
      fix: "use the natural logarithm in the loss, or multiply by ln 10 = 2.303 to compare",
    },
    ...microBatches(sizes),
    ...pair(devices, (n) => [
      { name: "sum over devices", factor: n, equals: `the sum over ${n} devices`, fix: byDevices },
      {
        name: "divided by devices twice",
        factor: 1 / n,
        equals: `the mean divided by ${n} devices once more`,
        fix: byDevices,
      },
    ]),
    leftOut !== undefined &&
      leftOut > 0 && {
        name: "padding in the divisor",
        factor: 1 - leftOut,
        equals: `the sum over the kept rows divided by all, the ${Number((100 * leftOut).toPrecision(3))} % ignored ones included`,
        fix: leaveOut,
      },
  ];
  return found.filter((reduction) => reduction !== undefined && reduction !== false);
}

/** How to keep ignored rows out of the loss. */
export const leaveOut =
  "leave ignored rows out of the loss and of what it is divided by (ignore_index, or a mask)";

const above1 = (size: number | undefined): size is number => size !== undefined && size > 1;

const pair = (size: number | undefined, of: (size: number) => Reduction[]) => (above1(size) ? of(size) : []);

function microBatches({ accumulate }: LossSizes): Reduction[] {
  const isGuess = accumulate === undefined;
  return (isGuess ? usualAccumulations : [accumulate]).flatMap((n) =>
    pair(n, () => {
      const untold = isGuess ? ` (a guess: give their number with --accumulate)` : "";
      const guess = isGuess && { isGuess };
      return [
        {
          name: "not divided by micro-batches",
          factor: n,
          equals: `${n} times the mean: not divided by ${n} micro-batches${untold}`,
          fix: bySteps,
          ...guess,
        },
        {
          name: "divided by micro-batches twice",
          factor: 1 / n,
          equals: `the mean divided by ${n}: divided by ${n} micro-batches twice${untold}`,
          fix: bySteps,
          ...guess,
        },
      ];
    }),
  );
}
