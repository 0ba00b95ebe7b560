import { linkText } from "../../heads/bind.ts";
import { heads } from "../../heads/index.ts";
import { frameworks } from "../../heads/snippetFrameworks.ts";
import { FileDrop } from "../components/FileDrop.tsx";
import { Choice, TextField } from "../components/fields.tsx";
import { OptionFields } from "../components/OptionFields.tsx";
import { Problem } from "../components/Problem.tsx";
import { Progress } from "../components/Progress.tsx";
import { ReadingFields } from "../components/ReadingFields.tsx";
import { grouped } from "../format.ts";
import {
  cancelReading,
  columns,
  followLabels,
  found,
  given,
  labelFile,
  labels,
  progress,
  takeLabels,
} from "../labels.ts";
import { LabelsAnswer } from "./LabelsAnswer.tsx";

followLabels();

/** Every name that a loss is known by. */
const lossNames = heads.flatMap((head) => [head.name, ...head.names.map(({ name }) => name)]);

/** The reader's own labels and loss: what was understood, the bias, and lines to paste. */
export function Section() {
  return (
    <>
      <p>
        Give your labels and your loss: the bias, the loss to expect, and the lines that set and check both in
        your framework. The labels stay in this tab.
      </p>
      <div class="columns">
        <div>
          <Source />
          <Loss />
        </div>
        <LabelsAnswer />
      </div>
    </>
  );
}

function Source() {
  const file = labelFile.value;
  return (
    <>
      <FileDrop id="label-file" folder current={file?.name} onFiles={takeLabels}>
        Drop a file of labels (CSV, TSV, JSON, JSON Lines, Parquet, .npy, also as .gz), several with the same
        columns, or a folder of images, one folder per class.
      </FileDrop>
      {file && (
        <p>
          <button type="button" class="quiet" onClick={() => takeLabels(undefined)}>
            Remove {file.name}
          </button>
        </p>
      )}
      {!file && (
        <label class="field">
          Or paste the number of rows in each class, or a column of labels
          <textarea
            rows={2}
            value={given.pasted.value}
            placeholder="900, 100 (now: the counts above)"
            onInput={({ currentTarget }) => {
              given.summary.value = "";
              given.pasted.value = currentTarget.value;
            }}
          />
        </label>
      )}
      <Progress state={progress.value} label="Reading, in bytes" onCancel={cancelReading} />
      {columns.value.length > 1 && <ColumnChoice />}
      <Problem message={labels.value.problem} />
      {labels.value.value?.source && <p class="note">Read: {labels.value.value.source}.</p>}
      {labels.value.value?.warnings?.map((warning) => (
        <p key={warning} class="warning">
          Warning: {warning}
        </p>
      ))}
      <ReadingFields fields={given} problem={labels.value.problem}>
        <TextField label="Column of sample weights" flag="--weight-column" value={given.weightColumn} />
        <TextField label="Column of counts" flag="--count-column" value={given.countColumn} />
      </ReadingFields>
    </>
  );
}

/** Columns beyond these are typed rather than chosen. */
const listed = 200;

function ColumnChoice() {
  return (
    <label class="field">
      Column that holds the labels
      <select
        value={given.column.value}
        onChange={({ currentTarget }) => {
          given.column.value = currentTarget.value;
        }}
      >
        <option value="">Choose one of {grouped(columns.value.length)}</option>
        {given.column.value.includes(",") && <option>{given.column.value}</option>}
        {columns.value.slice(0, listed).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <input
        type="text"
        aria-label="Several columns, with commas between"
        placeholder="or several: a,b,c"
        value={given.column.value}
        onChange={({ currentTarget }) => {
          given.column.value = currentTarget.value;
        }}
      />
    </label>
  );
}

function Loss() {
  const { value, problem } = found.value;
  return (
    <>
      <label class="field">
        Name of the loss: baserate's, or your framework's
        <input
          type="text"
          list="loss-names"
          value={given.loss.value}
          onChange={({ currentTarget }) => {
            given.loss.value = currentTarget.value.trim() || "softmax";
          }}
        />
      </label>
      <datalist id="loss-names">
        {lossNames.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Problem message={problem} />
      {value && (
        <p class="note">
          {value.head.name}: {value.head.summary}; {linkText(value.head)}.
          {value.framework && ` ${value.framework.name}: ${value.framework.note}.`}
        </p>
      )}
      <OptionFields />
      <Choice label="Framework for the lines to paste" value={given.framework} choices={frameworks} />
    </>
  );
}
