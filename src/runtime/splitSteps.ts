import { splitStep, termName } from "../graph/splitStep.ts";
import { elementCount, type Tensor, tensor } from "../graph/tensor.ts";
import { toFastOnnx } from "../graph/toOnnx.ts";
import type { TrainStepOptions } from "../graph/trainStep.ts";
import { batchFeeds, batchWeights } from "./batchFeeds.ts";
import type { Examples } from "./examples.ts";
import { loadOnThread, type Runtime, type Session } from "./runtime.ts";
import { nextVariables, type StepRunner, stepResult } from "./stepRunner.ts";
import type { BatchLoss } from "./trainingLoss.ts";

export interface SplitStepsOptions extends Omit<TrainStepOptions, "steps"> {
  readonly examples: Examples;
  /** Threads that share the micro-batches of a step, the calling thread among them. */
  readonly workers: number;
  readonly seed?: number;
}

/**
 * Makes training steps whose micro-batches are shared by several threads. Each computes a range of them; their terms are
 * added in the order of the batch, so that the results are those of one thread, bit for bit.
 *
 * @throws RangeError if the runtime has no threads
 */
export async function loadSplitSteps(
  runtime: Runtime,
  options: SplitStepsOptions,
  loss: BatchLoss,
): Promise<StepRunner> {
  const { model, examples, microBatchSize, workers, seed } = options;
  const [all, ...groupSize] = options.microBatches;
  const microBatches = [Math.ceil(all / workers), ...groupSize];
  const share = microBatchSize * elementCount(microBatches);
  const { sums, terms, update } = splitStep({ ...options, microBatches });
  const helpers = Math.ceil(all / microBatches[0]) - 1;
  const termsModel = toFastOnnx(terms);
  const [updating, ...sessions] = await Promise.all([
    runtime.load(toFastOnnx(update)),
    runtime.load(toFastOnnx(sums)),
    ...Array.from({ length: helpers }, () => loadOnThread(runtime, termsModel)),
  ]);
  const feedOptions = { model, examples, microBatchSize, microBatches, seed };
  const shares = sessions.map((session) => ({ session, ...batchFeeds(sums.inputs, loss, feedOptions) }));
  const forwardNames = [...model.parameters, ...model.fixed].map(({ name }) => name);
  /** Outputs of each session's last run of a whole share, which its next run may overwrite. */
  const spare: (Record<string, Tensor> | undefined)[] = shares.map(() => undefined);

  /** The summed terms of a batch. */
  const sumTerms = async (
    variables: Readonly<Record<string, Tensor>>,
    rows: ArrayLike<number>,
    step: number,
  ) => {
    const { weights, labels } = batchWeights(model, loss, rows);
    const read = Object.fromEntries(forwardNames.map((name) => [name, variables[name]]));
    const busy = shares.slice(0, Math.ceil(rows.length / share));
    busy.forEach(({ clear, copy }, i) => {
      const own = Array.prototype.slice.call(rows, i * share, (i + 1) * share);
      const places = [i * share, (i + 1) * share].map((row) => row * model.places);
      clear();
      copy(own, weights.subarray(...places), 0, step);
    });
    const runShare = async ({ session, feeds }: (typeof shares)[number], i: number) => {
      const isWhole = rows.length >= (i + 1) * share;
      const terms = await session.run({ ...read, ...feeds }, isWhole ? spare[i] : undefined);
      if (isWhole) spare[i] = terms;
      return terms;
    };
    // The threads start before this one does its own share, which keeps it busy.
    const others = busy.slice(1).map((other, i) => runShare(other, i + 1));
    const [summed, ...stacked] = await Promise.all([runShare(busy[0], 0), ...others]);
    for (const terms of stacked) addTerms(summed, terms);
    return { summed, labels };
  };
  return {
    maxSteps: 1,
    async run(variables, [rows], done) {
      const { summed, labels } = await sumTerms(variables, rows, done + 1);
      const step = tensor("float32", [], [done + 1]);
      const outputs = await updating.run({ ...variables, ...summed, step });
      return { results: [stepResult(outputs, labels)], next: nextVariables(variables, outputs) };
    },
    async dispose() {
      await Promise.all([updating, ...sessions].map((session: Session) => session.dispose()));
    },
  };
}

/** Adds stacked terms to the sums, one micro-batch after another. A sum of two floats is rounded as in float32. */
function addTerms(sums: Record<string, Tensor>, stacked: Record<string, Tensor>): void {
  for (let index = 0; termName(index) in sums; index++) {
    const [to, from] = [sums, stacked].map((terms) => terms[termName(index)].data as Float32Array);
    for (let start = 0; start < from.length; start += to.length)
      for (let i = 0; i < to.length; i++) to[i] += from[start + i];
  }
}
