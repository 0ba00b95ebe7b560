import type { Plan } from "../experiment/plan.ts";
import type { RunObserver, RunSizes } from "../experiment/runExperiment.ts";
import type { TerminalCurve } from "../plot/terminalChart.ts";
import { duration } from "./progress.ts";

/** The time of a forward pass alone, as a share of that of a training step. */
const forwardShare = 1 / 3;

interface LiveTrial {
  readonly arm: string;
  readonly seed: number;
  /** Running loss after each step so far. */
  readonly losses: number[];
  /** Test rows that are done. */
  tested: number;
}

type Watched = Required<Omit<RunObserver, "onInitialLosses">>;

/** Counts how much of a run is done, for its speed and the time left, and keeps the curves of its trials. */
export class RunProgress implements Watched {
  readonly #plan: Plan;
  readonly #now: () => number;
  readonly #live = new Map<string, LiveTrial>();
  /** Training images on which each seed's initial loss is measured so far. */
  readonly #initialRows = new Map<number, number>();
  #sizes: RunSizes = { trials: 0, seeds: 0, trainCount: 0, testCount: 0 };
  #trainedRows = 0;
  #finishedTrials = 0;
  /** In milliseconds. */
  #start = 0;

  constructor(plan: Plan, now: () => number = () => performance.now()) {
    this.#plan = plan;
    this.#now = now;
  }

  onStart(sizes: RunSizes): void {
    this.#sizes = sizes;
    this.#start = this.#now();
  }

  onInitialRows(seed: number, done: number): void {
    this.#initialRows.set(seed, done);
  }

  onBatch(...[arm, seed, { runningLoss }]: Parameters<Watched["onBatch"]>): void {
    this.#trial(arm, seed).losses.push(runningLoss);
    this.#trainedRows += (this.#plan.epochs * this.#sizes.trainCount) / this.steps;
  }

  onTest(arm: string, seed: number, done: number): void {
    this.#trial(arm, seed).tested = done;
  }

  /** In a run of a single seed, the curves of finished arms stay beside those of the others. */
  onTrial({ arm, seed }: { readonly arm: string; readonly seed: number }): void {
    if (this.#plan.seeds.length > 1) this.#live.delete(`${arm} ${seed}`);
    else this.#trial(arm, seed).tested = 0;
    this.#finishedTrials += 1;
  }

  /** Training steps of one trial. */
  get steps(): number {
    return this.#plan.epochs * Math.ceil(this.#sizes.trainCount / this.#plan.batchSize);
  }

  get isDone(): boolean {
    return this.#finishedTrials >= this.#sizes.trials;
  }

  get curves(): TerminalCurve[] {
    return [...this.#live.values()]
      .filter(({ losses }) => losses.length > 0)
      .map(({ arm, seed, losses }) => ({
        name: this.#plan.seeds.length > 1 ? `${arm}, seed ${seed}` : arm,
        values: losses,
      }));
  }

  /** What is done, the speed and the time left, on one line. */
  get status(): string {
    const seconds = (this.#now() - this.#start) / 1000;
    const done = this.#rowsDone();
    const left = Math.max(0, (seconds * (this.#rowsInAll() - done)) / Math.max(done, 1));
    const speed = this.#trainedRows > 0 ? `, ${Math.round(this.#trainedRows / seconds)} images/s` : "";
    const what =
      this.#trainedRows > 0
        ? `${this.#finishedTrials} of ${this.#sizes.trials} trials done`
        : "measuring the initial loss";
    return `${what}${speed}, ${duration(left)} left`;
  }

  /** All work, in units of one image in training. */
  #rowsInAll(): number {
    const { trials, seeds, trainCount, testCount } = this.#sizes;
    const trialRows = this.#plan.epochs * trainCount + forwardShare * testCount;
    return seeds * forwardShare * trainCount + trials * trialRows;
  }

  /** The work that is done, in the same unit. */
  #rowsDone(): number {
    const measured = [...this.#initialRows.values()].reduce((sum, rows) => sum + rows, 0);
    const tested = [...this.#live.values()].reduce((sum, trial) => sum + trial.tested, 0);
    const testedBefore = this.#finishedTrials * this.#sizes.testCount;
    return this.#trainedRows + forwardShare * (measured + tested + testedBefore);
  }

  #trial(arm: string, seed: number): LiveTrial {
    const key = `${arm} ${seed}`;
    const known = this.#live.get(key) ?? { arm, seed, losses: [], tested: 0 };
    this.#live.set(key, known);
    return known;
  }
}
