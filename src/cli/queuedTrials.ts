import { InputError } from "../errors.ts";
import type { Plan } from "../experiment/plan.ts";
import type { Environment, Trial } from "../experiment/record.ts";
import { openRunFolder } from "../experiment/runFolder.ts";
import { inOrder, type SeedTask, seedTasks, settingsOf, unfinished } from "../experiment/settings.ts";
import { connectQueue } from "../experiment/trialQueue.ts";
import { trialSettings } from "../experiment/trialSettings.ts";
import { type FailedTask, type QueueState, watchQueue } from "../experiment/watchQueue.ts";
import { dataOfRun } from "./dataOfRun.ts";
import { hashMaterials, loadMaterials, softwareVersions } from "./experimentSetup.ts";
import { duration, progress } from "./progress.ts";

/** Puts the trials of a plan that are not finished into a queue, and waits until workers have completed them. */
export async function completeQueuedTrials(
  plan: Plan,
  path: string,
  address: string,
  fresh: boolean,
  signal: AbortSignal,
) {
  const connection = await connectQueue(address);
  const folder = await openRunFolder(path, plan, fresh);
  const display = progress();
  try {
    const materials = await loadMaterials(plan, signal);
    const versions = { ...(await softwareVersions()), data: await hashMaterials(plan, materials) };
    folder.begin(versions, dataOfRun(plan, materials, trialSettings(plan, materials)));
    const tasks = seedTasks(plan);
    const todo = unfinished(tasks, folder.finished);
    const trials: Trial[] = [...folder.finished];
    const onTrial = (trial: Trial, seconds: number) => {
      folder.addTrial(trial, seconds);
      trials.push(trial);
    };
    console.error(`${todo.length} jobs in ${connection.shown}; Ctrl-C stops watching, and the workers go on`);
    const start = performance.now();
    const onState = (state: QueueState) => display.show(() => stateText(state, performance.now() - start));
    const failed = await watchQueue({ connection, plan, versions, todo, onTrial, onState, signal });
    if (failed.length > 0) throw failure(plan, failed);
    const environment: Environment = { ...versions, machine: `workers of ${connection.shown}`, workers: 1 };
    return { folder, environment, trials: inOrder(trials, tasks) };
  } finally {
    display.end();
    connection.redis.disconnect();
    await folder.close();
  }
}

/** @param milliseconds since the start */
function stateText({ done, failed, total, workers }: QueueState, milliseconds: number): string {
  const rate = done / (milliseconds / 60_000);
  const left = done > 0 ? `, ${duration(((total - done - failed) / rate) * 60)} left` : "";
  const speed = done > 0 ? `, ${rate.toPrecision(3)} per minute` : "";
  return `${done} of ${total} jobs done, ${failed} failed, ${workers} ${workers === 1 ? "worker" : "workers"}${speed}${left}`;
}

function failure(plan: Plan, failed: readonly FailedTask[]): InputError {
  const settings = settingsOf(plan);
  const name = ({ setting, seed }: SeedTask) =>
    [settings[setting].name, `seed ${seed}`].filter(Boolean).join(", ");
  const [{ task, reason }] = failed;
  return new InputError(
    `${failed.length} ${failed.length === 1 ? "job" : "jobs"} failed, first ${name(task)}: ${reason}. The others are finished; the same command tries the failed ones again`,
  );
}
