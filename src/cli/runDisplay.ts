import type { Plan } from "../experiment/plan.ts";
import type { InitialLoss, Trial } from "../experiment/record.ts";
import type { RunObserver } from "../experiment/runExperiment.ts";
import { trialNames } from "../experiment/settings.ts";
import { terminalChart } from "../plot/terminalChart.ts";
import { hasColor } from "./hasColor.ts";
import { type ProgressOptions, progress } from "./progress.ts";
import { RunProgress } from "./runProgress.ts";

/** Shows a run on stderr: live curves in a terminal, and a line for each initial loss and each trial. */
export interface RunDisplay extends Required<Omit<RunObserver, "onTrained">> {
  /** Takes the live part away. */
  end(): void;
}

export function runDisplay(plan: Plan, options: ProgressOptions = {}): RunDisplay {
  const { stream = process.stderr, now = () => performance.now() } = options;
  const display = progress({ stream, now, patience: stream.isTTY ? 0 : 10_000 });
  const run = new RunProgress(plan, now);
  const nameOf = trialNames(plan);
  const show = (isNews = false) =>
    display.show(
      () => run.status,
      isNews && stream.isTTY,
      () => picture(run, stream),
    );
  return {
    onStart(todo, started) {
      run.onStart(todo, started);
    },
    onInitialRows(task, done) {
      run.onInitialRows(task, done);
      show();
    },
    onInitialLosses(task, losses) {
      const { plan, seed } = task;
      run.onInitialLosses(task);
      for (const [arm, loss] of losses) {
        display.print(`${nameOf({ plan, seed, arm })}: ${initialLossText(loss)}`);
      }
      show(true);
    },
    onBatch(key, batch) {
      run.onBatch(key, batch);
      show(batch.step === run.stepsOf(key));
    },
    onTest(key, done) {
      run.onTest(key, done);
      show();
    },
    onTrial(trial, seconds) {
      run.onTrial(trial);
      const left = run.isDone ? "" : `; ${run.status}`;
      display.print(`${nameOf(trial)}: ${trialText(trial, seconds)}${left}`);
    },
    end: display.end,
  };
}

/** The curves so far; nothing while there are none. */
function picture(
  { curves, maxSteps: steps }: RunProgress,
  stream: { readonly isTTY?: boolean; columns?: number },
) {
  if (curves.length === 0) return "";
  const width = Math.min((stream.columns ?? 80) - 1, 100);
  return terminalChart(curves, { width, height: 14, steps, color: hasColor(stream) });
}

function initialLossText({ expectedLoss, initialLoss, inBand }: InitialLoss): string {
  const verdict = inBand ? "within its band" : "OUTSIDE its band";
  return `initial loss ${initialLoss.toFixed(4)}, expected ${expectedLoss.toFixed(4)}: ${verdict}`;
}

function trialText({ runningLosses, test }: Trial, seconds: number): string {
  const final = runningLosses[runningLosses.length - 1].toFixed(4);
  const tested =
    test.accuracy === undefined
      ? `test loss ${test.loss.toFixed(4)}`
      : `test accuracy ${(100 * test.accuracy).toFixed(1)} %`;
  return `trained in ${seconds.toFixed(1)} s, final loss ${final}, ${tested}`;
}
