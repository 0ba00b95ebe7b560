import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { type BoundHead, bind, cellOutput, reductionText } from "./bind.ts";
import { type Head, linkOf, type OptimumKind } from "./head.ts";
import { findHead } from "./index.ts";
import { noisyLoss } from "./noise.ts";
import type { Options } from "./options.ts";

/** The bias to start from, and the loss that it must give. No number in it is infinite or NaN. */
export interface Solution {
  /** Name of the head. */
  readonly head: string;
  /** The optimal constant output, raw (before the link); empty where none exists. */
  readonly bias: readonly number[];
  /** The same, shifted to mean 0, where the head does not tell shifted outputs apart. */
  readonly centredBias?: readonly number[];
  /** Predictions of the network at that bias (probabilities, rates). */
  readonly prediction: readonly number[];
  /** Expected loss at the bias; where no bias exists, the loss of outputs that carry no signal; null where unknown. */
  readonly expectedLoss: number | null;
  /** Expected loss at bias 0; null where unknown. */
  readonly lossAtZero: number | null;
  /**
   * Expected loss at PyTorch's default bias: the mean over biases drawn independently from U(±1/√fanIn), with fanIn an
   * option (default 64); null where unknown. By quadrature for cells of one or two outputs, else simulated.
   */
  readonly lossAtTorchDefault: number | null;
  /** Standard error of `lossAtTorchDefault`: 0 unless simulated. */
  readonly lossAtTorchDefaultError: number;
  readonly kind: OptimumKind;
  readonly identifiable: boolean;
  /** A sentence on what the loss is divided by. */
  readonly reduction: string;
  readonly warnings: readonly string[];
  /** Why there is no optimum, and what to do instead; only where kind is `none`. */
  readonly reason?: string;
  readonly instead?: string;
}

/**
 * The optimal constant output (the bias) of a head for given labels, and the expected loss there.
 *
 * @param head a head, or a name of one: ours (`softmax`) or a framework's (`torch.nn.CrossEntropyLoss`), which brings
 *   that framework's conventions
 * @param labels a summary of the labels; undefined only for heads that read none
 * @param options the loss's options and `reduction`, `columns`, `pseudoCount`, `fanIn`
 * @throws InputError on an unknown name, invalid options, or labels that the head does not take
 */
export function solve(
  head: Head | string,
  labels: LabelSummary | undefined,
  options: Options = {},
): Solution {
  const found = typeof head === "string" ? findHead(head) : { head, options: {} };
  const bound = bind(found.head, labels, { ...found.options, ...options });
  return bound.head.none ? withoutOptimum(bound, bound.head.none) : withOptimum(bound);
}

/**
 * The optimal constant output of a bound head.
 *
 * @throws InputError where it has none
 */
export function optimalOutput({ head, columns, cellOptions }: BoundHead): number[] {
  if (head.none) throw new InputError(`${head.name} has no optimal bias: ${head.none.reason}`);
  return columns.flatMap((column, j) => head.optimum(column, cellOptions[j]).output);
}

function withOptimum(bound: BoundHead): Solution {
  const { head, columns, cellOptions, width } = bound;
  const optima = columns.map((column, j) => head.optimum(column, cellOptions[j]));
  const bias = optima.flatMap(({ output }) => output);
  const centred = head.centre && bias.length === width ? head.centre(bias) : undefined;
  const zero = new Float64Array(bound.outputs);
  const torch = noisyLoss(bound, zero, {
    shape: "uniform",
    size: 1 / Math.sqrt(bound.options.fanIn as number),
  });
  return {
    head: head.name,
    bias,
    ...(centred && { centredBias: centred }),
    prediction: predictions(bound, bias),
    expectedLoss: bound.expectedLoss(bias),
    lossAtZero: bound.expectedLoss(zero),
    lossAtTorchDefault: torch.value,
    lossAtTorchDefaultError: torch.error,
    kind: weakest(optima.map(({ kind }) => kind)),
    identifiable: head.identifiable,
    reduction: reductionText(bound),
    warnings: [...new Set(optima.flatMap(({ warnings }) => warnings ?? []))],
  };
}

/** The least certain of the kinds of several columns. */
function weakest(kinds: readonly OptimumKind[]): OptimumKind {
  const order: readonly OptimumKind[] = ["closed form", "numeric", "boundary", "none"];
  return order[Math.max(...kinds.map((kind) => order.indexOf(kind)))];
}

const predictions = (bound: BoundHead, bias: readonly number[]) =>
  bound.columns.flatMap((_, j) => linkOf(bound.head, bound.cellOptions[j]).apply(cellOutput(bound, bias, j)));

function withoutOptimum(bound: BoundHead, none: { reason: string; instead: string }): Solution {
  const { head } = bound;
  const zero = new Float64Array(bound.outputs);
  const atZero = head.expected ? bound.expectedLoss(zero) : null;
  return {
    head: head.name,
    bias: [],
    prediction: [],
    expectedLoss: atZero,
    lossAtZero: atZero,
    lossAtTorchDefault: atZero,
    lossAtTorchDefaultError: 0,
    kind: "none",
    identifiable: false,
    reduction: reductionText(bound),
    warnings: [],
    reason: none.reason,
    instead: none.instead,
  };
}
