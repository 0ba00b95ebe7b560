import { linkText } from "../../heads/bind.ts";
import { heads } from "../../heads/index.ts";
import { frameworks } from "../../heads/snippets.ts";
import { readings } from "../../tables/labelChoices.ts";
import { tableFormats } from "../../tables/table.ts";
import { FileDrop } from "../components/FileDrop.tsx";
import { Choice, TextField } from "../components/fields.tsx";
import { OptionFields } from "../components/OptionFields.tsx";
import { Problem } from "../components/Problem.tsx";
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
      <Progress />
      {columns.value.length > 1 && <ColumnChoice />}
      <Problem message={labels.value.problem} />
      {labels.value.value?.source && <p class="note">Read: {labels.value.value.source}.</p>}
      {labels.value.value?.warnings?.map((warning) => (
        <p key={warning} class="warning">
          Warning: {warning}
        </p>
      ))}
      <Reading />
    </>
  );
}

/** How the file is to be read and its labels understood, where that is not plain. Errors call these fields by their flags. */
function Reading() {
  const isAskedFor = /--(as|classes|encoding|format|header|ignore-index|missing|no-header)\b/.test(
    labels.value.problem ?? "",
  );
  return (
    <details open={isAskedFor}>
      <summary>How the labels are read</summary>
      <div class="settings">
        <TextField label="Number of classes, or their names" flag="--classes" value={given.classes} />
        <Choice
          label="Labels are"
          flag="--as"
          value={given.as}
          choices={["", ...readings]}
          empty="what they look like"
        />
        <Choice
          label="Missing labels"
          flag="--missing"
          value={given.missing}
          choices={["", "skip"]}
          empty="refuse"
        />
        <TextField label="Label of rows to leave out" flag="--ignore-index" value={given.ignoreIndex} />
        <TextField label="Column of sample weights" flag="--weight-column" value={given.weightColumn} />
        <TextField label="Column of counts" flag="--count-column" value={given.countColumn} />
        <Choice
          label="The first row names the columns"
          flag="--header"
          value={given.header}
          choices={["", "yes", "no"]}
          empty="if it looks like names"
        />
        <TextField label="Encoding of the text" flag="--encoding" value={given.encoding} />
        <Choice
          label="Format of the file"
          flag="--format"
          value={given.format}
          choices={["", ...tableFormats]}
          empty="by its name"
        />
      </div>
    </details>
  );
}

function Progress() {
  const state = progress.value;
  if (state === undefined || state.total === 0) return null;
  return (
    <p class="choices">
      <progress max={state.total} value={state.done} aria-label="Reading the file" />
      <span>
        {grouped(state.done)} of {grouped(state.total)}
      </span>
      <button type="button" class="quiet" onClick={cancelReading}>
        Cancel
      </button>
    </p>
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
        Loss, by our name or your framework's
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
