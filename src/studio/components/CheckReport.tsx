import { useState } from "preact/hooks";
import { type Cause, foundWithoutFault } from "../../check/cause.ts";
import type { CheckReport as Report } from "../../check/checkOutputs.ts";
import { checkGap } from "../../plot/figures/checkGap.ts";
import { checkLoss } from "../../plot/figures/checkLoss.ts";
import { checkPredictions } from "../../plot/figures/checkPredictions.ts";
import type { Dropped } from "../dropped.ts";
import { percent, shortList, significant } from "../format.ts";
import type { ChangedModel, ModelRequest, ModelResult } from "../tasks/modelTask.ts";
import type { OutputsFix, OutputsResult } from "../tasks/outputsTask.ts";
import { runTask } from "../tasks/runTask.ts";
import { CopyButton } from "./CopyButton.tsx";
import { Download } from "./Download.tsx";
import { Figure } from "./Figure.tsx";
import { Problem } from "./Problem.tsx";

function verdictText({ verdict, causes }: Report): string {
  if (verdict === "not sound") return "Not sound.";
  if (verdict === "sound") return "Sound: it starts where it should.";
  return `Starts high: ${foundWithoutFault(causes)}; its outputs vary so much that the loss is far above the least.`;
}

/** Rows of the figure of predictions before the rarest are left out. */
const maxRows = 40;

interface Props {
  readonly result: OutputsResult;
  /** The model that was run; undefined where its outputs were given. */
  readonly model: Dropped | undefined;
}

/** What `baserate check` says, with its figures. */
export function CheckReport({ result: { report, fix, output }, model }: Props) {
  const { verdict, causes, notes, measuredLoss, expectedLoss, lossAtZero, band, gap, predictions } = report;
  const rows = [...predictions].sort((a, b) => b.meanLabel - a.meanLabel).slice(0, maxRows);
  return (
    <div aria-live="polite" id="check-report">
      <h3 class={verdict === "not sound" ? "bad" : "good"}>{verdictText(report)}</h3>
      <p>
        Measured loss {measuredLoss === null ? "not known" : significant(measuredLoss)}, expected{" "}
        {significant(expectedLoss)}, at bias 0 {significant(lossAtZero)}
        {output && output.of > 1 && ` for the output ${output.name}, one of ${output.of}`}
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
        <Fix fix={fix} measuredLoss={measuredLoss} model={model} output={output?.name} />
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
        {gap && measuredLoss !== null && (
          <Figure figure={checkGap} data={{ expectedLoss, measuredLoss, gap }} height={240} />
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
      <p class="sentence">{evidence}.</p>
      <p>To fix it: {fix}.</p>
    </li>
  );
}

interface FixProps {
  readonly fix: OutputsFix;
  readonly measuredLoss: number;
  readonly model: Dropped | undefined;
  readonly output: string | undefined;
}

/** The bias that is optimal for this network, to copy, or in the model's file. */
function Fix({ fix: { bias, isAddition, loss }, measuredLoss, model, output }: FixProps) {
  const [changed, setChanged] = useState<ChangedModel>();
  const [problem, setProblem] = useState<string>();
  const write = async () => {
    setProblem(undefined);
    const worker = new Worker(new URL("../tasks/modelTask.ts", import.meta.url), { type: "module" });
    const request = { dropped: model!, changes: [{ output, values: bias }] };
    try {
      setChanged((await runTask<ModelRequest, ModelResult>(worker, request)).changed);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <div class="done">
      <p>
        {isAddition ? "Add to the output bias" : "Set the output bias to"}: <code>{shortList(bias)}</code>
      </p>
      <p>
        The loss of these rows is then {significant(loss)} instead of {significant(measuredLoss)}.
      </p>
      <p class="choices">
        <CopyButton text={() => `[${bias.join(", ")}]`}>Copy the bias</CopyButton>
        {model && !isAddition && (
          <button type="button" class="quiet" onClick={write}>
            Write it into {model.name}
          </button>
        )}
      </p>
      <Problem message={problem} />
      {changed && <Download changed={changed} />}
    </div>
  );
}
