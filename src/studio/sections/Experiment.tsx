import { signal } from "@preact/signals";
import { originalCounts } from "../../data/originalSubset.ts";
import { type ArmName, armNames } from "../../experiment/arms.ts";
import type { LossCurvesTrial } from "../../plot/armCurves.ts";
import { type ArrivalMark, markedLossCurves } from "../../plot/figures/lossCurves.ts";
import { addressed, number, numbers, text } from "../address.ts";
import { Figure } from "../components/Figure.tsx";
import { NumberField } from "../components/NumberField.tsx";
import { Problem } from "../components/Problem.tsx";
import { RunFolder } from "../components/RunFolder.tsx";
import { LiveRun } from "../liveRun.ts";
import { servedImages } from "../servedData.ts";

const isReal = servedImages() !== undefined;
/** Made-up images are drawn in the tab, so there are fewer of them. */
const defaultCounts = isReal ? originalCounts : originalCounts.map((count) => count / 10);

const settings = {
  counts: addressed<readonly number[]>("run.counts", defaultCounts, numbers),
  first: addressed<string>("run.first", "zero", text),
  second: addressed<string>("run.second", "prior", text),
  seed: addressed("run.seed", 33, number),
  epochs: addressed("run.epochs", isReal ? 1 : 3, number),
  batchSize: addressed("run.batch", isReal ? 256 : 32, number),
  learningRate: addressed("run.rate", 1e-3, number),
};

const run = signal<LiveRun | undefined>(undefined);

function start(): void {
  run.value?.stop();
  run.value = new LiveRun({
    arms: [settings.first.value, settings.second.value] as ArmName[],
    counts: settings.counts.value,
    seed: settings.seed.value,
    epochs: settings.epochs.value,
    batchSize: settings.batchSize.value,
    learningRate: settings.learningRate.value,
    imagesAt: servedImages(),
  });
}

/** The experiment live: two arms that differ in their output bias alone, trained side by side in this tab. */
export function Section() {
  return (
    <>
      <p>
        The same small convolutional network is trained twice, from the same random weights and on the same
        batches. Only the bias of its output layer differs. {isReal ? "The images are CIFAR-10's." : madeUp}
      </p>
      <Settings />
      <Controls />
      {run.value && <Curves run={run.value} />}
      <RunFolder />
    </>
  );
}

const madeUp =
  "The images are generated in this tab; baserate studio on your own machine trains on CIFAR-10 once it is in the cache.";

function Settings() {
  const { seed, epochs, batchSize, learningRate, counts } = settings;
  return (
    <div class="settings">
      <ArmChoice label="First arm" value={settings.first} />
      <ArmChoice label="Second arm" value={settings.second} />
      {/* biome-ignore lint/a11y/noLabelWithoutControl: NumberField is one */}
      <label>
        Learning rate
        <NumberField
          value={learningRate.value}
          label="Learning rate"
          min={1e-6}
          max={1}
          onChange={(value) => {
            learningRate.value = value;
          }}
        />
      </label>
      <WholeNumber label="Batch size" value={batchSize} max={1024} />
      <WholeNumber label="Epochs" value={epochs} max={100} />
      <WholeNumber label="Seed" value={seed} max={1e9} />
      <label class="wide-field">
        Training images of each class
        <input
          type="text"
          value={counts.value.join(",")}
          onChange={({ currentTarget }) => {
            const read = numbers.read(currentTarget.value);
            if (read) counts.value = read;
            else currentTarget.value = counts.value.join(",");
          }}
        />
      </label>
    </div>
  );
}

function ArmChoice({ label, value }: { readonly label: string; readonly value: typeof settings.first }) {
  return (
    <label>
      {label}
      <select
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      >
        {armNames.map((name) => (
          <option key={name} value={name}>
            {armTitles[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

const armTitles: Record<ArmName, string> = {
  zero: "zero: bias 0",
  prior: "prior: ln frequency",
  calibrated: "calibrated: prior minus this network's mean output",
};

interface WholeNumberProps {
  readonly label: string;
  readonly value: typeof settings.seed;
  readonly max: number;
}

function WholeNumber({ label, value, max }: WholeNumberProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: NumberField is one
    <label>
      {label}
      <NumberField
        value={value.value}
        label={label}
        min={1}
        max={max}
        integer
        onChange={(next) => {
          value.value = next;
        }}
      />
    </label>
  );
}

function Controls() {
  const current = run.value;
  const state = current?.state.value;
  const isLive = state === "running" || state === "paused";
  return (
    <p class="choices">
      <button type="button" onClick={start}>
        {current ? "Start again" : "Start"}
      </button>
      <button
        type="button"
        class="quiet"
        disabled={!isLive}
        onClick={() => (state === "paused" ? current!.resume() : current!.pause())}
      >
        {state === "paused" ? "Go on" : "Pause"}
      </button>
      <button type="button" class="quiet" disabled={!isLive} onClick={() => current!.step()}>
        One step
      </button>
      <button type="button" class="quiet" disabled={!isLive} onClick={() => current!.stop()}>
        Stop
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          settings.seed.value += 1;
          start();
        }}
      >
        Another seed
      </button>
      {!current && <span>Starting fetches 14 MB of WebAssembly, once.</span>}
    </p>
  );
}

function Curves({ run }: { readonly run: LiveRun }) {
  const { moment, trials, shown, arms, problem, speed } = run;
  return (
    <>
      <Problem message={problem.value} />
      <p class="note" aria-live="polite">
        {arms
          .map(({ name, text, steps }) => {
            const loss = trials.value.find(({ arm }) => arm === name)?.runningLosses.at(-1);
            const mean = loss === undefined ? "" : `, mean loss so far ${loss.toFixed(4)}`;
            return `${name}: ${text.value}, step ${steps.value} of ${run.steps}${mean}`;
          })
          .join("; ")}
        {speed.value > 0 ? `; ${speed.value.toFixed(1)} steps per second, both arms together` : ""}
      </p>
      {moment.value && <Moment mark={moment.value} start={trials.value.find(({ arm }) => arm !== "zero")} />}
      {trials.value.some(({ runningLosses }) => runningLosses.length > 0) && (
        <Figure figure={markedLossCurves} data={shown.value} height={400} />
      )}
    </>
  );
}

interface MomentProps {
  readonly mark: ArrivalMark;
  /** The arm that is not zero. */
  readonly start: LossCurvesTrial | undefined;
}

const Moment = ({ mark: { step, loss }, start }: MomentProps) => (
  <p class="moment">
    At step {step}, bias 0 has come down to a loss of {loss.toFixed(3)}, where {start?.arm} started (
    {start?.batchLosses[0].toFixed(3)}).
  </p>
);
