import { parentPort, workerData } from "node:worker_threads";
import { openStoredArrays } from "../data/storedArray.ts";
import { InputError } from "../errors.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { Plan } from "./plan.ts";
import { type BatchResult, initialOutputs, runTrial, type TrainedArm, type TrialContext } from "./trial.ts";
import { type TrialMaterials, trialNetwork } from "./trialNetwork.ts";
import type { FromWorker, ToWorker } from "./workerPool.ts";

/** What a worker of a run needs; the arrays of the data are shared, not copied. */
export interface ArmContext extends TrialMaterials {
  /** The plan of each setting, and the rows of the training set that it trains on. */
  readonly settings: readonly { readonly plan: Plan; readonly rows: Uint32Array }[];
  /** Threads that share the work of one arm. */
  readonly threads: number;
}

/** A task: the outputs of a seed's untrained network on some rows, or the training and test of one arm. */
export type ArmTask = { readonly setting: number; readonly seed: number } & (
  | { readonly kind: "outputs"; readonly rows: Uint32Array }
  | { readonly kind: "training"; readonly bias: readonly number[]; readonly exported: boolean }
);

export type ArmProgress =
  | { readonly batch: BatchResult }
  | { readonly checked: number }
  | { readonly tested: number };

/** What a trained arm gives back; the trained network as a file where that was asked for. */
export interface ArmTraining extends Omit<TrainedArm, "weights"> {
  readonly trained?: Uint8Array;
}

export type ArmResult = Float32Array | ArmTraining;

// The marks end phases of the run; bench/phases.mjs reads them.
performance.mark("start of the workers");
const port = parentPort!;
const stop: Int32Array = workerData;
const runtime = nodeRuntime();
runtime.catch(() => {}); // reported when the first task asks for it
/** One per setting. */
let contexts: Promise<TrialContext[]>;

/** Least rows between two messages of progress: more messages would keep the receiver busy. */
const progressRows = 512;

const send = (message: FromWorker<ArmProgress, ArmResult>) => port.postMessage(message);

/** Ends the task where the pool is being closed. */
function stopIfAsked(): void {
  if (Atomics.load(stop, 0) === 1) throw new Error("stopped");
}

/** Reports the rows that are done, whatever the size of the batches in which they are. */
function reporter(report: (done: number) => void): (done: number) => void {
  let next = progressRows;
  return (done) => {
    stopIfAsked();
    if (done < next) return;
    next = done + progressRows;
    report(done);
  };
}

async function execute(task: ArmTask): Promise<ArmResult> {
  const context = (await contexts)[task.setting];
  if (task.kind === "outputs") {
    const onRows = reporter((checked) => send({ progress: { checked } }));
    return initialOutputs(context, task.seed, task.rows, onRows);
  }
  const { result, seconds, weights } = await runTrial(context, task.seed, task.bias, {
    onBatch: (batch) => {
      stopIfAsked();
      send({ progress: { batch } });
    },
    onTest: reporter((tested) => send({ progress: { tested } })),
  });
  const trained = task.exported ? context.network.exportTrained?.(weights) : undefined;
  return { result, seconds, trained };
}

port.on("message", async (message: ToWorker<ArmContext, ArmTask>) => {
  if ("context" in message) {
    const { settings, threads: workers, ...materials } = message.context;
    const data = openStoredArrays(materials.data);
    contexts = runtime.then((runtime) =>
      settings.map(({ plan, rows }) => {
        return { runtime, plan, network: trialNetwork(plan, materials), data, rows, workers };
      }),
    );
    contexts.catch(() => {});
    return;
  }
  try {
    send({ result: await execute(message.task) });
  } catch (error) {
    const { message: text, stack } = error as Error;
    send({ error: { message: text, stack, isInputError: error instanceof InputError } });
  }
});
