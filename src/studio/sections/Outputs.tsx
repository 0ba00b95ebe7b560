import { effect, signal } from "@preact/signals";
import type { Cause } from "../../check/cause.ts";
import type { CheckReport } from "../../check/checkOutputs.ts";
import { dumpFrameworks, dumpSnippet } from "../../check/dumpSnippets.ts";
import { checkLoss } from "../../plot/figures/checkLoss.ts";
import { checkPredictions } from "../../plot/figures/checkPredictions.ts";
import { addressed, text } from "../address.ts";
import { CopyButton } from "../components/CopyButton.tsx";
import { Figure } from "../components/Figure.tsx";
import { FileDrop } from "../components/FileDrop.tsx";
import { Choice, TextField } from "../components/fields.tsx";
import { Problem } from "../components/Problem.tsx";
import type { Dropped } from "../dropped.ts";
import { percent, shortList, significant } from "../format.ts";
import { given, options } from "../labels.ts";
import type { OutputsRequest, OutputsResult } from "../tasks/outputsTask.ts";
import { runTask } from "../tasks/runTask.ts";

const outputs = signal<Dropped | undefined>(undefined);
const labels = signal<Dropped | undefined>(undefined);
const scale = addressed("check.given", "outputs", text);
const column = addressed("check.column", "", text);
const framework = addressed("check.for", "pytorch", text);
const result = signal<OutputsResult | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const isBusy = signal(false);

let checking: AbortController | undefined;

async function check(request: OutputsRequest): Promise<void> {
  checking?.abort();
  checking = new AbortController();
  const { signal: stop } = checking;
  isBusy.value = true;
  result.value = undefined;
  problem.value = undefined;
  const worker = new Worker(new URL("../tasks/outputsTask.ts", import.meta.url), { type: "module" });
  try {
    result.value = await runTask<OutputsRequest, OutputsResult>(worker, request, { signal: stop });
  } catch (error) {
    if (stop.aborted) return;
    problem.value = (error as Error).message;
  }
  isBusy.value = false;
}

effect(() => {
  if (outputs.value === undefined || labels.value === undefined) return;
  void check({
    outputs: outputs.value,
    labels: labels.value,
    loss: given.loss.value,
    options: options.value,
    given: scale.value === "predictions" ? "predictions" : "outputs",
    columns: column.value === "" ? undefined : column.value.split(","),
  });
});

/** What an untrained network puts out, and the labels: whether it starts where it should, and if not, why. */
export function Section() {
  return (
    <>
      <p>
        Save what your untrained network puts out for some rows, and their labels. The page says whether the
        network starts where it should, and if it does not, why. The loss and its options are those of “Your
        labels”, now <strong>{given.loss.value}</strong>.
      </p>
      <details>
        <summary>Lines that save both files</summary>
        <Choice label="Framework" value={framework} choices={dumpFrameworks} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{dumpSnippet(framework.value)}</pre>
        <CopyButton text={() => dumpSnippet(framework.value)}>Copy the lines</CopyButton>
      </details>
      <div class="drops">
        <FileDrop
          id="outputs-file"
          current={outputs.value?.name}
          onFiles={(dropped) => {
            outputs.value = dropped;
          }}
        >
          Drop the outputs, one row per input (.npy or .json).
        </FileDrop>
        <FileDrop
          id="outputs-labels"
          current={labels.value?.name}
          onFiles={(dropped) => {
            labels.value = dropped;
          }}
        >
          Drop the labels of these rows (.npy, CSV, TSV, JSON).
        </FileDrop>
      </div>
      <div class="settings">
        <Choice label="The first file holds" value={scale} choices={["outputs", "predictions"]} />
        <TextField label="Column of the labels, if there are several" value={column} />
      </div>
      {isBusy.value && <p class="note">Checking…</p>}
      <Problem message={problem.value} />
      {result.value && <Report {...result.value} />}
    </>
  );
}

const verdicts: Readonly<Record<CheckReport["verdict"], string>> = {
  sound: "Sound: it starts where it should.",
  "starts high":
    "Starts high: no fault was found, but its outputs vary so much that the loss is far above the least.",
  "not sound": "Not sound.",
};

/** Rows of the figure of predictions before the rarest are left out. */
const maxRows = 40;

function Report({ report, fix }: OutputsResult) {
  const { verdict, causes, notes, measuredLoss, expectedLoss, lossAtZero, band, predictions } = report;
  const rows = [...predictions].sort((a, b) => b.meanLabel - a.meanLabel).slice(0, maxRows);
  return (
    <div aria-live="polite" id="check-report">
      <h3 class={verdict === "not sound" ? "bad" : "good"}>{verdicts[verdict]}</h3>
      <p>
        Measured loss {measuredLoss === null ? "not known" : significant(measuredLoss)}, expected{" "}
        {significant(expectedLoss)}, at bias 0 {significant(lossAtZero)}
        {band && `; a sound network lies between ${significant(band.low)} and ${significant(band.high)}`}.
      </p>
      {causes.length > 0 && (
        <ol class="explanations">
          {causes.map((cause) => (
            <CauseItem key={cause.name} cause={cause} />
          ))}
        </ol>
      )}
      {fix && measuredLoss !== null && (
        <div class="done">
          <p>
            Add to the output bias: <code>{shortList(fix.bias)}</code>
          </p>
          <p>
            The loss of these rows is then {significant(fix.loss)} instead of {significant(measuredLoss)}.{" "}
            <CopyButton text={() => `[${fix.bias.join(", ")}]`}>Copy</CopyButton>
          </p>
        </div>
      )}
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <div class="columns">
        {band && measuredLoss !== null && (
          <Figure
            figure={checkLoss}
            data={{ band, measuredLoss, expectedLoss, lossAtZero, verdict }}
            height={180}
          />
        )}
        {rows.length > 1 && <Figure figure={checkPredictions} data={{ rows }} height={300} />}
      </div>
    </div>
  );
}

function CauseItem({ cause: { name, evidence, fix, share } }: { readonly cause: Cause }) {
  return (
    <li>
      <h3>
        {name} {share !== undefined && <span class="share">{percent(share)}</span>}
      </h3>
      <p>{evidence}.</p>
      <p>To fix it: {fix}.</p>
    </li>
  );
}
