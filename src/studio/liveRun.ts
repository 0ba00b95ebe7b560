import { computed, type Signal, signal } from "@preact/signals";
import type { ArmName } from "../experiment/arms.ts";
import { solve } from "../heads/solve.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { LossCurvesTrial } from "../plot/armCurves.ts";
import type { ArrivalMark } from "../plot/figures/lossCurves.ts";
import type { FromArm, LiveSettings, ToArm } from "./tasks/armWorker.ts";

interface LiveArm {
  readonly name: ArmName;
  readonly worker: Worker;
  /** What it is doing. */
  readonly text: Signal<string>;
  readonly steps: Signal<number>;
  readonly epochs: number[];
  readonly batchLosses: number[];
  readonly runningLosses: number[];
}

/** Milliseconds between two drawings of the curves, which cost as much as some steps. */
const drawEvery = 250;

/** Two arms in training, each in a worker of its own, and what the page shows of them. */
export class LiveRun {
  readonly arms: readonly LiveArm[];
  /** Steps of each arm in all. */
  readonly steps: number;
  readonly state = signal<"running" | "paused" | "ended">("running");
  readonly problem = signal<string | undefined>(undefined);
  readonly trials = signal<readonly LossCurvesTrial[]>([]);
  /** Steps per second of both arms together, over all steps so far. */
  readonly speed = signal(0);
  /** Where bias 0 has come down to what the other arm started from; undefined until it has. */
  readonly moment = signal<ArrivalMark | undefined>(undefined);
  /** What is drawn. */
  readonly shown = computed(() => ({ trials: this.trials.value, mark: this.moment.value }));
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #started: number | undefined;
  readonly #expected: Record<ArmName, number>;

  constructor({ arms, ...shared }: Omit<LiveSettings, "arm"> & { readonly arms: readonly ArmName[] }) {
    const { counts, batchSize, epochs } = shared;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    this.steps = epochs * Math.ceil(rows / batchSize);
    const { expectedLoss, lossAtZero } = solve("softmax", fromCounts(counts));
    this.#expected = { zero: lossAtZero!, prior: expectedLoss!, calibrated: expectedLoss! };
    this.arms = [...new Set(arms)].map((name) => this.#arm(name, { ...shared, arm: name }));
  }

  #arm(name: ArmName, settings: LiveSettings): LiveArm {
    const worker = new Worker(new URL("./tasks/armWorker.ts", import.meta.url), { type: "module" });
    const arm: LiveArm = {
      name,
      worker,
      text: signal("starting"),
      steps: signal(0),
      epochs: [],
      batchLosses: [],
      runningLosses: [],
    };
    worker.onmessage = ({ data }: MessageEvent<FromArm>) => this.#hear(arm, data);
    worker.onerror = ({ message }) => this.#fail(message);
    worker.postMessage(settings satisfies ToArm);
    return arm;
  }

  #hear(arm: LiveArm, message: FromArm): void {
    if (message.kind === "state") arm.text.value = message.text;
    if (message.kind === "problem") this.#fail(message.message);
    if (message.kind === "done") {
      arm.text.value = "done";
      arm.worker.terminate();
      // The last steps are shown with it, and not at the next drawing.
      clearTimeout(this.#drawing);
      this.#show();
      if (this.arms.every(({ text }) => text.value === "done")) this.state.value = "ended";
    }
    if (message.kind !== "batch") return;
    this.#started ??= performance.now() - 1000 * message.seconds;
    arm.epochs.push(message.epoch);
    arm.batchLosses.push(message.batchLoss);
    arm.runningLosses.push(message.runningLoss);
    arm.steps.value = arm.epochs.length;
    this.#drawing ??= setTimeout(() => this.#show(), drawEvery);
  }

  #show(): void {
    this.#drawing = undefined;
    const made = this.arms.reduce((sum, { steps }) => sum + steps.value, 0);
    if (this.state.value === "running") {
      this.speed.value = (1000 * made) / (performance.now() - this.#started!);
    }
    this.trials.value = this.arms.map(({ name, epochs, batchLosses, runningLosses }) => ({
      arm: name,
      expectedLoss: this.#expected[name],
      epochs: [...epochs],
      batchLosses: [...batchLosses],
      runningLosses: [...runningLosses],
    }));
    this.moment.value ??= this.#arrival();
  }

  #arrival(): ArrivalMark | undefined {
    const zero = this.arms.find(({ name }) => name === "zero");
    const other = this.arms.find(({ name }) => name !== "zero");
    const start = other?.batchLosses[0];
    if (!zero || start === undefined) return undefined;
    const at = zero.runningLosses.findIndex((loss) => loss <= start);
    if (at < 0) return undefined;
    const loss = zero.runningLosses[at];
    return { step: at + 1, loss, text: `step ${at + 1}: zero is where ${other!.name} started` };
  }

  #fail(message: string): void {
    this.problem.value ??= message;
    this.stop();
  }

  pause(): void {
    this.state.value = "paused";
    this.#tell("pause");
  }

  resume(): void {
    this.state.value = "running";
    this.#tell("run");
  }

  /** One step of each arm, and then a pause. */
  step(): void {
    this.state.value = "paused";
    this.#tell("step");
  }

  stop(): void {
    for (const { worker, text } of this.arms) {
      worker.terminate();
      if (text.value !== "done") text.value = "stopped";
    }
    this.state.value = "ended";
  }

  #tell(word: "run" | "pause" | "step"): void {
    for (const { worker } of this.arms) worker.postMessage(word satisfies ToArm);
  }
}
