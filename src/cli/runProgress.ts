import type { Plan } from "../experiment/plan.ts";
import type { RunObserver, RunSizes } from "../experiment/run.ts";
import type { TerminalCurve } from "../plot/terminalChart.ts";

/** A test or check row costs about this share of a training row: its forward pass alone. */
const forwardShare = 1 / 3;

interface Training {
  readonly arm: string;
  readonly seed: number;
  /** Running loss after each step so far. */
  readonly losses: number[];
  /** Test rows that are done. */
  tested: number;
}

type Watched = Required<Omit<RunObserver, "onCheck">>;

/** Counts what of a run is done, for its speed and the time left, and keeps the curves of its trainings. */
export class RunProgress implements Watched {
  readonly #plan: Plan;
  readonly #trainings = new Map<string, Training>();
  /** Rows of each seed's check before training that are done. */
  readonly #checked = new Map<number, number>();
  #sizes: RunSizes = { trials: 0, checks: 0, trainCount: 0, testCount: 0 };
  #trainedRows = 0;
  #finishedTrials = 0;
  /** In milliseconds. */
  #start = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  onStart(sizes: RunSizes): void {
    this.#sizes = sizes;
    this.#start = performance.now();
  }

  onCheckProgress(seed: number, done: number): void {
    this.#checked.set(seed, done);
  }

  onBatch(...[arm, seed, { runningLoss }]: Parameters<Watched["onBatch"]>): void {
    this.#training(arm, seed).losses.push(runningLoss);
    this.#trainedRows += (this.#plan.epochs * this.#sizes.trainCount) / this.steps;
  }

  onTest(arm: string, seed: number, done: number): void {
    this.#training(arm, seed).tested = done;
  }

  /** A finished training's curve stays beside the other arms' where the run has a single seed. */
  onTrial({ arm, seed }: { readonly arm: string; readonly seed: number }): void {
    if (this.#plan.seeds.length > 1) this.#trainings.delete(`${arm} ${seed}`);
    else this.#training(arm, seed).tested = 0;
    this.#finishedTrials += 1;
  }

  /** Steps of one training. */
  get steps(): number {
    return this.#plan.epochs * Math.ceil(this.#sizes.trainCount / this.#plan.batchSize);
  }

  get isDone(): boolean {
    return this.#finishedTrials >= this.#sizes.trials;
  }

  get curves(): TerminalCurve[] {
    return [...this.#trainings.values()]
      .filter(({ losses }) => losses.length > 0)
      .map(({ arm, seed, losses }) => ({
        name: this.#plan.seeds.length > 1 ? `${arm}, seed ${seed}` : arm,
        values: losses,
      }));
  }

  /** What is done, the speed and the time left, in one line. */
  get status(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const done = this.#rowsDone();
    const left = Math.max(0, (seconds * (this.#rowsInAll() - done)) / Math.max(done, 1));
    const speed = this.#trainedRows > 0 ? `, ${Math.round(this.#trainedRows / seconds)} images/s` : "";
    const what =
      this.#trainedRows > 0
        ? `${this.#finishedTrials} of ${this.#sizes.trials} trainings done`
        : "checking the loss before training";
    return `${what}${speed}, ${duration(left)} left`;
  }

  /** All work, in training rows. */
  #rowsInAll(): number {
    const { trials, checks, trainCount, testCount } = this.#sizes;
    const trialRows = this.#plan.epochs * trainCount + forwardShare * testCount;
    return checks * forwardShare * trainCount + trials * trialRows;
  }

  /** The work that is done, in training rows. */
  #rowsDone(): number {
    const checked = [...this.#checked.values()].reduce((sum, rows) => sum + rows, 0);
    const tested = [...this.#trainings.values()].reduce((sum, training) => sum + training.tested, 0);
    const testedBefore = this.#finishedTrials * this.#sizes.testCount;
    return this.#trainedRows + forwardShare * (checked + tested + testedBefore);
  }

  #training(arm: string, seed: number): Training {
    const key = `${arm} ${seed}`;
    const known = this.#trainings.get(key) ?? { arm, seed, losses: [], tested: 0 };
    this.#trainings.set(key, known);
    return known;
  }
}

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
