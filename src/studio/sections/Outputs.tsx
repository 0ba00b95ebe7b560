import type { Signal } from "@preact/signals";
import { dumpFrameworks, dumpSnippet } from "../../check/dumpSnippets.ts";
import { CheckReport } from "../components/CheckReport.tsx";
import { CopyButton } from "../components/CopyButton.tsx";
import { FileDrop } from "../components/FileDrop.tsx";
import { Choice, TextField } from "../components/fields.tsx";
import { NumberField } from "../components/NumberField.tsx";
import { Problem } from "../components/Problem.tsx";
import { Progress } from "../components/Progress.tsx";
import { ReadingFields } from "../components/ReadingFields.tsx";
import { type Dropped, isOnnx } from "../dropped.ts";
import { given as givenLabels } from "../labels.ts";
import { cancelCheck, dropped, followOutputs, given, problem, progress, result } from "../outputs.ts";

followOutputs();

/** What an untrained network puts out, and the labels: whether it starts where it should, and if not, why. */
export function Section() {
  return (
    <>
      <p>
        Save what your untrained network puts out for some rows, and their labels; or export it as ONNX, and
        it is run in this tab. The page says whether the network starts where it should, and if not, why. The
        loss and its options are those of “Your labels”, now <strong>{givenLabels.loss.value}</strong>.
      </p>
      <details>
        <summary>Lines that save outputs and labels</summary>
        <Choice label="Framework" value={given.framework} choices={dumpFrameworks} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{dumpSnippet(given.framework.value)}</pre>
        <CopyButton text={() => dumpSnippet(given.framework.value)}>Copy the lines</CopyButton>
      </details>
      <Files />
      <Settings />
      <ReadingFields fields={given} problem={problem.value} />
      <Progress state={progress.value} label="Checking" onCancel={cancelCheck} />
      <Problem message={problem.value} />
      {result.value && <CheckReport result={result.value} model={modelFile()} />}
    </>
  );
}

/** The dropped model, where one was dropped and not its outputs. */
const modelFile = () => {
  const { value } = dropped.outputs;
  return value && isOnnx(value) ? value : undefined;
};

function Files() {
  const model = modelFile();
  const missing = model && (dropped.inputs.value ? "" : "its inputs");
  return (
    <>
      <div class="drops">
        <Drop id="outputs-file" into={dropped.outputs}>
          Drop the outputs, one row per input (.npy or .json); or an ONNX model (.onnx, with its data files).
        </Drop>
        {model && (
          <Drop id="outputs-inputs" into={dropped.inputs}>
            Drop the inputs of the model: a .npy file, or a .npz file with one array per input.
          </Drop>
        )}
        <Drop id="outputs-labels" into={dropped.labels}>
          Drop the labels of these rows (.npy, CSV, TSV, JSON, Parquet, also as .gz).
        </Drop>
      </div>
      {model && (
        <p class="note">
          {missing && `The model still needs ${missing}. `}Running a model fetches 14 MB of WebAssembly (ONNX
          Runtime), once.
        </p>
      )}
    </>
  );
}

interface DropProps {
  readonly id: string;
  readonly into: Signal<Dropped | undefined>;
  readonly children: string;
}

const Drop = ({ id, into, children }: DropProps) => (
  <FileDrop
    id={id}
    current={into.value?.name}
    onFiles={(files) => {
      into.value = files;
    }}
  >
    {children}
  </FileDrop>
);

function Settings() {
  const model = modelFile();
  return (
    <div class="settings">
      <Choice
        label={model ? "The model puts out" : "The first file holds"}
        flag="--given"
        value={given.scale}
        choices={["", "outputs", "predictions"]}
        empty={model ? "what its file says" : "raw outputs"}
      />
      <TextField label="Column of the labels" flag="--column" value={given.column} />
      <Choice
        label="Labels of all training data"
        value={given.training}
        choices={["", "labels"]}
        empty="like those of these rows"
        names={{ labels: "those of “Your labels”" }}
      />
      {model && (
        <>
          <TextField label="Output of the model" flag="--output" value={given.output} />
          {/* biome-ignore lint/a11y/noLabelWithoutControl: NumberField is one */}
          <label>
            Rows to run, at most
            <NumberField
              value={given.rows.value}
              label="Rows to run, at most"
              min={2}
              max={1e6}
              integer
              onChange={(rows) => {
                given.rows.value = rows;
              }}
            />
          </label>
        </>
      )}
    </div>
  );
}
