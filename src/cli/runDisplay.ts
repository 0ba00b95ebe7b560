import type { Plan } from "../experiment/plan.ts";
import type { RunObserver, RunSizes } from "../experiment/run.ts";
import { terminalChart } from "../plot/terminalChart.ts";
import { hasColor } from "./hasColor.ts";

/** A test or check row costs about this share of a training row: its forward pass alone. */
const forwardShare = 1 / 3;
/** Milliseconds between two pictures of a live display. */
const pause = 150;

/** Shows a run on stderr: live curves with speed and time left in a terminal, and elsewhere a line for each event. */
export interface RunDisplay extends RunObserver {
  /** Takes the live part away. */
  end(): void;
}

interface Running {
  readonly arm: string;
  readonly seed: number;
  readonly losses: number[];
  tested: number;
}

export async function runDisplay(
  plan: Plan,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<RunDisplay> {
  const live = stream.isTTY ? (await import("log-update")).createLogUpdate(stream) : undefined;
  const running = new Map<string, Running>();
  const checked = new Map<number, number>();
  let sizes: RunSizes = { trials: 0, checks: 0, trainCount: 0, testCount: 0 };
  let [steps, totalRows, trainedRows, finishedTrials, start, shown] = [0, 0, 0, 0, 0, 0];

  const line = (text: string) => (live ? live.persist(text) : stream.write(`${text}\n`));
  const trialOf = (arm: string, seed: number) => {
    const key = `${arm} ${seed}`;
    const known = running.get(key) ?? { arm, seed, losses: [], tested: 0 };
    running.set(key, known);
    return known;
  };
  const rowsDone = () => {
    const checks = [...checked.values()].reduce((sum, rows) => sum + rows * forwardShare, 0);
    const tests = [...running.values()].reduce((sum, { tested }) => sum + tested * forwardShare, 0);
    return checks + trainedRows + tests + finishedTrials * forwardShare * sizes.testCount;
  };

  const status = () => {
    const seconds = (performance.now() - start) / 1000;
    const left = Math.max(0, (seconds * (totalRows - rowsDone())) / Math.max(rowsDone(), 1));
    const trained = trainedRows / sizes.trainCount;
    const speed = trainedRows > 0 ? `, ${Math.round(trainedRows / seconds)} images/s` : "";
    const what =
      trained === 0
        ? "checking the loss before training"
        : `${finishedTrials} of ${sizes.trials} trainings done`;
    return `${what}${speed}, ${duration(left)} left`;
  };
  const picture = () => {
    const { columns = 80 } = stream;
    const curves = [...running.values()]
      .filter(({ losses }) => losses.length > 0)
      .map(({ arm, seed, losses }) => ({
        name: plan.seeds.length > 1 ? `${arm}, seed ${seed}` : arm,
        values: losses,
      }));
    if (curves.length === 0) return status();
    const chart = terminalChart(curves, {
      width: Math.min(columns - 1, 100),
      height: 14,
      steps,
      color: hasColor(stream),
    });
    return `${chart}\n${status()}`;
  };
  const show = (now = false) => {
    if (!live || (!now && performance.now() - shown < pause)) return;
    shown = performance.now();
    live(picture());
  };

  return {
    onStart(given) {
      sizes = given;
      steps = plan.epochs * Math.ceil(sizes.trainCount / plan.batchSize);
      const trialRows = plan.epochs * sizes.trainCount + forwardShare * sizes.testCount;
      totalRows = sizes.checks * forwardShare * sizes.trainCount + sizes.trials * trialRows;
      start = performance.now();
    },
    onCheckProgress(seed, done) {
      checked.set(seed, done);
      show();
    },
    onCheck(seed, checks) {
      for (const [arm, { expectedLoss, initialLoss, inBand }] of checks) {
        const verdict = inBand ? "within its band" : "OUTSIDE its band";
        line(
          `seed ${seed}, ${arm}: loss before training ${initialLoss.toFixed(4)}, expected ${expectedLoss.toFixed(4)}: ${verdict}`,
        );
      }
      show(true);
    },
    onBatch(arm, seed, { step, runningLoss }) {
      trialOf(arm, seed).losses.push(runningLoss);
      trainedRows += (plan.epochs * sizes.trainCount) / steps;
      if (step === steps) show(true);
      else show();
    },
    onTest(arm, seed, done) {
      trialOf(arm, seed).tested = done;
      show();
    },
    onTrial({ arm, seed, runningLosses, test, trainSeconds }) {
      if (plan.seeds.length > 1) running.delete(`${arm} ${seed}`);
      else trialOf(arm, seed).tested = 0;
      finishedTrials += 1;
      const final = runningLosses[runningLosses.length - 1].toFixed(4);
      const left = finishedTrials < sizes.trials ? `; ${status()}` : "";
      line(
        `seed ${seed}, ${arm}: trained in ${trainSeconds.toFixed(1)} s, final loss ${final}, test accuracy ${(100 * test.accuracy).toFixed(1)} %${left}`,
      );
    },
    end() {
      live?.clear();
      live?.done();
    },
  };
}

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
