import type { InitialCheck } from "../experiment/initialCheck.ts";
import type { Plan } from "../experiment/plan.ts";
import type { Trial } from "../experiment/record.ts";
import type { RunObserver } from "../experiment/run.ts";
import { terminalChart } from "../plot/terminalChart.ts";
import { hasColor } from "./hasColor.ts";
import { RunProgress } from "./runProgress.ts";

/** Milliseconds between two pictures of a live display. */
const pause = 150;

/** Shows a run on stderr: live curves with speed and time left in a terminal, and elsewhere a line for each event. */
export interface RunDisplay extends RunObserver {
  /** Takes the live part away. */
  end(): void;
}

export async function runDisplay(
  plan: Plan,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<RunDisplay> {
  const live = stream.isTTY ? (await import("log-update")).createLogUpdate(stream) : undefined;
  const progress = new RunProgress(plan);
  let shown = 0;

  const line = (text: string) => (live ? live.persist(text) : stream.write(`${text}\n`));
  const show = (now = false) => {
    if (!live || (!now && performance.now() - shown < pause)) return;
    shown = performance.now();
    live(picture(progress, stream));
  };

  return {
    onStart(sizes) {
      progress.onStart(sizes);
    },
    onCheckProgress(seed, done) {
      progress.onCheckProgress(seed, done);
      show();
    },
    onCheck(seed, checks) {
      for (const [arm, check] of checks) line(`seed ${seed}, ${arm}: ${checkText(check)}`);
      show(true);
    },
    onBatch(arm, seed, batch) {
      progress.onBatch(arm, seed, batch);
      show(batch.step === progress.steps);
    },
    onTest(arm, seed, done) {
      progress.onTest(arm, seed, done);
      show();
    },
    onTrial(trial) {
      progress.onTrial(trial);
      const left = progress.isDone ? "" : `; ${progress.status}`;
      line(`seed ${trial.seed}, ${trial.arm}: ${trialText(trial)}${left}`);
    },
    end() {
      live?.clear();
      live?.done();
    },
  };
}

/** The curves so far over a line of what is done; that line alone while there are none. */
function picture(progress: RunProgress, stream: NodeJS.WriteStream): string {
  const { curves, steps, status } = progress;
  if (curves.length === 0) return status;
  const { columns = 80 } = stream;
  const width = Math.min(columns - 1, 100);
  return `${terminalChart(curves, { width, height: 14, steps, color: hasColor(stream) })}\n${status}`;
}

function checkText({ expectedLoss, initialLoss, inBand }: InitialCheck): string {
  const verdict = inBand ? "within its band" : "OUTSIDE its band";
  return `loss before training ${initialLoss.toFixed(4)}, expected ${expectedLoss.toFixed(4)}: ${verdict}`;
}

function trialText({ runningLosses, test, trainSeconds }: Trial): string {
  const final = runningLosses[runningLosses.length - 1].toFixed(4);
  const accuracy = (100 * test.accuracy).toFixed(1);
  return `trained in ${trainSeconds.toFixed(1)} s, final loss ${final}, test accuracy ${accuracy} %`;
}
