import { rowsOfSet } from "../data/exampleSet.ts";
import type { Plan } from "../experiment/plan.ts";
import { type TrialKey, trialKeyText } from "../experiment/record.ts";
import type { RunObserver, StartedRun } from "../experiment/runExperiment.ts";
import { type SeedTask, settingsOf, trialNames } from "../experiment/settings.ts";
import type { TerminalCurve } from "../plot/terminalChart.ts";
import { duration } from "./progress.ts";

/** The time of a forward pass alone, as a share of that of a training step. */
const forwardShare = 1 / 3;

interface LiveTrial {
  readonly name: string;
  /** Running loss after each step so far; long trainings report some steps only. */
  readonly losses: number[];
  /** The last step that was reported. */
  step: number;
  /** Test rows that are done. */
  tested: number;
}

/** The size of the trials of a setting. */
interface TrialSize {
  /** Images in training, over all epochs. */
  readonly rows: number;
  readonly trainCount: number;
  readonly steps: number;
}

type Watched = Required<Omit<RunObserver, "onTrained">>;

/** Counts how much of a run is done, for its speed and the time left, and keeps the curves of its trials. */
export class RunProgress implements Watched {
  readonly #now: () => number;
  readonly #nameOf: (key: TrialKey) => string;
  /** By the hash of the setting. */
  #sizes: ReadonlyMap<string, TrialSize> = new Map();
  #unit = "image";
  readonly #isSingle: boolean;
  readonly #live = new Map<string, LiveTrial>();
  /** Training images on which the initial losses of each task are measured so far. */
  readonly #initialRows = new Map<string, number>();
  #todo: readonly SeedTask[] = [];
  #testCount = 0;
  #trainedRows = 0;
  #finishedTrials = 0;
  /** In milliseconds. */
  #start = 0;

  constructor(plan: Plan, now: () => number = () => performance.now()) {
    const settings = settingsOf(plan);
    this.#now = now;
    this.#isSingle = settings.length * plan.seeds.length === 1;
    const nameOf = trialNames(plan);
    this.#nameOf = this.#isSingle ? ({ arm }) => arm : nameOf;
  }

  onStart(todo: readonly SeedTask[], { materials, settings }: StartedRun): void {
    const { test, unit } = materials.data;
    this.#unit = unit;
    this.#sizes = new Map(
      settings.map(({ plan, rows }) => [settingsOf(plan)[0].hash, trialSize(plan, rows.length)]),
    );
    this.#todo = todo;
    this.#testCount = rowsOfSet(test).length;
    this.#start = this.#now();
  }

  onInitialRows({ plan, seed }: SeedTask, done: number): void {
    this.#initialRows.set(`${plan} ${seed}`, done);
  }

  /** All rows of the task are measured now, whether or not they were reported before. */
  onInitialLosses({ plan, seed }: SeedTask): void {
    this.#initialRows.set(`${plan} ${seed}`, this.#sizes.get(plan)!.trainCount);
  }

  onBatch(...[key, { step, runningLoss }]: Parameters<Watched["onBatch"]>): void {
    const trial = this.#trial(key);
    trial.losses.push(runningLoss);
    this.#advance(key, trial, step);
  }

  onTest(key: TrialKey, done: number): void {
    this.#trial(key).tested = done;
  }

  /** In a run of a single seed, the curves of finished arms stay beside those of the others. */
  onTrial(key: TrialKey): void {
    this.#advance(key, this.#trial(key), this.stepsOf(key));
    if (this.#isSingle) this.#trial(key).tested = 0;
    else this.#live.delete(trialKeyText(key));
    this.#finishedTrials += 1;
  }

  /** Counts the rows of the steps up to this one. */
  #advance({ plan }: TrialKey, trial: LiveTrial, step: number): void {
    const { rows, steps } = this.#sizes.get(plan)!;
    this.#trainedRows += ((step - trial.step) * rows) / steps;
    trial.step = step;
  }

  /** Training steps of a trial. */
  stepsOf({ plan }: TrialKey): number {
    return this.#sizes.get(plan)!.steps;
  }

  /** Training steps of the longest trial. */
  get maxSteps(): number {
    return Math.max(...[...this.#sizes.values()].map(({ steps }) => steps));
  }

  get isDone(): boolean {
    return this.#finishedTrials >= this.#trials;
  }

  get curves(): TerminalCurve[] {
    return [...this.#live.values()]
      .filter(({ losses }) => losses.length > 0)
      .map(({ name, losses, step }) => ({ name, values: losses, stepsPerValue: step / losses.length }));
  }

  /** What is done, the speed and the time left, on one line. */
  get status(): string {
    const seconds = (this.#now() - this.#start) / 1000;
    const done = this.#rowsDone();
    // Before the first rows are done there is no speed to tell the time left from.
    const left =
      done > 0 ? `, ${duration((seconds * Math.max(0, this.#rowsInAll() - done)) / done)} left` : "";
    const speed =
      this.#trainedRows > 0 ? `, ${Math.round(this.#trainedRows / seconds)} ${this.#unit}s/s` : "";
    const what =
      this.#trainedRows > 0
        ? `${this.#finishedTrials} of ${this.#trials} trials done`
        : "measuring the initial loss";
    return `${what}${speed}${left}`;
  }

  get #trials(): number {
    return this.#todo.reduce((sum, { arms }) => sum + arms.length, 0);
  }

  /** All work, in units of one image in training. */
  #rowsInAll(): number {
    return this.#todo.reduce((sum, { plan, arms }) => {
      const { rows, trainCount } = this.#sizes.get(plan)!;
      return sum + forwardShare * trainCount + arms.length * (rows + forwardShare * this.#testCount);
    }, 0);
  }

  /** The work that is done, in the same unit. */
  #rowsDone(): number {
    const measured = [...this.#initialRows.values()].reduce((sum, rows) => sum + rows, 0);
    const tested = [...this.#live.values()].reduce((sum, trial) => sum + trial.tested, 0);
    const testedBefore = this.#finishedTrials * this.#testCount;
    return this.#trainedRows + forwardShare * (measured + tested + testedBefore);
  }

  #trial(key: TrialKey): LiveTrial {
    const text = trialKeyText(key);
    const known = this.#live.get(text) ?? { name: this.#nameOf(key), losses: [], step: 0, tested: 0 };
    this.#live.set(text, known);
    return known;
  }
}

function trialSize({ epochs, batchSize }: Plan, trainCount: number): TrialSize {
  return { trainCount, rows: epochs * trainCount, steps: epochs * Math.ceil(trainCount / batchSize) };
}
