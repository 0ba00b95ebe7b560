import type { Band } from "../../heads/band.ts";
import type { Solution } from "../../heads/solve.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import { labelDistribution } from "../../plot/figures/labelDistribution.ts";
import { labelFrequencies } from "../../plot/figures/labelFrequencies.ts";
import { lossByBias } from "../../plot/figures/lossByBias.ts";
import { CopyButton } from "../components/CopyButton.tsx";
import { Figure } from "../components/Figure.tsx";
import { Losses } from "../components/Losses.tsx";
import { NumberField } from "../components/NumberField.tsx";
import { Problem } from "../components/Problem.tsx";
import { grouped, lossText, short } from "../format.ts";
import { answered, given, labels } from "../labels.ts";
import type { FullAnswer } from "../tasks/answerTask.ts";

/** The answer to the reader's labels and loss. */
export function LabelsAnswer() {
  const { value, problem } = answered.value;
  return (
    <div aria-live="polite" id="answer">
      <Problem message={problem} />
      {value && <Answered answer={value} labels={labels.value.value?.summary} />}
    </div>
  );
}

interface Props {
  readonly answer: FullAnswer;
  readonly labels: LabelSummary | undefined;
}

function Answered({ answer, labels }: Props) {
  const { solution, band, figures, lines, noLines } = answer;
  return (
    <>
      <Losses solution={solution} />
      {solution.kind === "none" && (
        <p class="problem">
          No bias: {solution.reason}. Instead: {solution.instead}.
        </p>
      )}
      {band && <BandLine band={band} />}
      <p class="note">
        {solution.kind === "none" ? "No signal" : `Optimum: ${solution.kind}`}; {solution.reduction}.
      </p>
      {solution.warnings.map((warning) => (
        <p key={warning} class="warning">
          Warning: {warning}
        </p>
      ))}
      {figures?.frequencies && <Figure figure={labelFrequencies} data={figures.frequencies} height={300} />}
      {figures?.distribution && (
        <Figure figure={labelDistribution} data={figures.distribution} height={300} />
      )}
      {figures && <Figure figure={lossByBias} data={figures.loss} height={330} />}
      {solution.bias.length > 0 && <BiasTable solution={solution} labels={labels} />}
      {lines && <Lines text={lines} />}
      {noLines && solution.kind !== "none" && <p class="note">No lines to paste: {noLines}.</p>}
    </>
  );
}

function BandLine({ band }: { readonly band: Band }) {
  return (
    <p>
      A first batch of{" "}
      <NumberField
        value={given.batchSize.value}
        label="Rows of the first batch"
        min={1}
        max={1e7}
        integer
        onChange={(rows) => {
          given.batchSize.value = rows;
        }}
      />{" "}
      rows shows a loss from <strong>{lossText(band.low)}</strong> to <strong>{lossText(band.high)}</strong>{" "}
      (three standard errors, for outputs that are their bias alone).
    </p>
  );
}

/** Outputs beyond these are only counted. */
const shown = 20;

function BiasTable({
  solution: { bias, prediction },
  labels,
}: {
  solution: Solution;
  labels: Props["labels"];
}) {
  const names = labels && "names" in labels ? labels.names : undefined;
  const isPaired = prediction.length === bias.length;
  const more = bias.length - shown;
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Output</th>
            <th scope="col">Bias</th>
            {isPaired && <th scope="col">Predicts</th>}
          </tr>
        </thead>
        <tbody>
          {bias.slice(0, shown).map((value, k) => (
            <tr key={k}>
              <th scope="row">{names?.length === bias.length ? names[k] : k}</th>
              <td>{short(value)}</td>
              {isPaired && <td>{short(prediction[k])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="choices">
        {more > 0 && <span>and {grouped(more)} more</span>}
        <CopyButton text={() => `[${bias.join(", ")}]`}>Copy the bias</CopyButton>
      </p>
    </div>
  );
}

function Lines({ text }: { readonly text: string }) {
  return (
    <>
      <h3>Lines for {given.framework.value}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <p>
        <CopyButton text={() => text}>Copy the lines</CopyButton>
      </p>
    </>
  );
}
