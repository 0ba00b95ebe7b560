import { arrayData } from "../../check/arrayData.ts";
import type { CheckData } from "../../check/checkData.ts";
import { checkedRows, filledUp } from "../../check/checkedRows.ts";
import type { CheckInput } from "../../check/checkInput.ts";
import { type CheckReport, checkOutputs } from "../../check/checkOutputs.ts";
import { type ModelRun, modelRun } from "../../check/modelRun.ts";
import type { PlaceArray } from "../../check/placesAsRows.ts";
import { calibrationRows } from "../../check/sample.ts";
import { calibrate } from "../../heads/calibrate.ts";
import { findHead } from "../../heads/index.ts";
import type { Options } from "../../heads/options.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import type { LabelChoices } from "../../tables/labelChoices.ts";
import { numberArray } from "../../tables/numberArray.ts";
import type { Dropped } from "../dropped.ts";
import type { TableReading } from "../labelReading.ts";
import { blobSource } from "./blobSource.ts";
import { openDroppedModel } from "./openDroppedModel.ts";
import { openDroppedTable } from "./openDroppedTable.ts";
import { serveTask } from "./serve.ts";

export interface OutputsRequest {
  /** Saved outputs; or an ONNX model, which is then run on `inputs`. */
  readonly outputs: Dropped;
  readonly inputs?: Dropped;
  readonly labels: Dropped;
  readonly loss: string;
  readonly options: Options;
  /** Undefined for what the model's file says, and outputs where there is no model. */
  readonly given?: "outputs" | "predictions";
  /** Name of the model's output; the first unless given. */
  readonly output?: string;
  /** Rows to run the model on, at most. */
  readonly rows: number;
  readonly columns?: readonly string[];
  readonly reading: TableReading;
  readonly choices: LabelChoices;
  /** All training labels, where the checked rows are a sample of other class counts. */
  readonly training?: LabelSummary;
}

export interface OutputsResult {
  readonly report: CheckReport;
  /** Name of the model's output, and how many it has. */
  readonly output?: { readonly name: string; readonly of: number };
  readonly fix?: OutputsFix;
}

/** The bias that is optimal for this network; absent where no loss could be measured. */
export interface OutputsFix {
  readonly bias: readonly number[];
  /** Whether it is to be added to the present bias, which is not known. */
  readonly isAddition: boolean;
  /** The loss of these rows with it. */
  readonly loss: number;
}

serveTask<OutputsRequest, OutputsResult>(async (request, onProgress) => {
  const { data, run } = await ranModel(request, onProgress);
  const input = await checkInput(request, data, run);
  const report = checkOutputs(input);
  const output = run && { name: run.outputs.name, of: run.outputCount };
  return { report, output, fix: report.measuredLoss === null ? undefined : fixOf(input) };
});

/** Runs the model, if the outputs are one. */
async function ranModel(
  { outputs, inputs, output, rows }: OutputsRequest,
  onRows: (done: number, total: number) => void,
): Promise<{ data?: CheckData; run?: ModelRun }> {
  if (inputs === undefined) return {};
  const model = await openDroppedModel(outputs);
  const [{ path, file }] = inputs.files;
  const data = await arrayData(blobSource(path, file), rows);
  const load = async () => {
    const { pageRuntime } = await import("./ort.ts");
    const [main, ...others] = await Promise.all(
      model.files.map(async (name) => {
        const { file } = outputs.files.find((one) => one.path === name)!;
        return [name, new Uint8Array(await file.arrayBuffer())] as const;
      }),
    );
    return pageRuntime.load(main[1], { externalData: Object.fromEntries(others) });
  };
  return { data, run: await modelRun(outputs.name, model, load, data, { output, onRows }) };
}

async function checkInput(
  { outputs, labels, loss, options, given, columns, reading, choices, training }: OutputsRequest,
  data: CheckData | undefined,
  run: ModelRun | undefined,
): Promise<CheckInput> {
  const { head } = findHead(loss);
  const [{ path, file }] = labels.files;
  const { names, ...sample } = await checkedRows(head, await arrayOf(outputs, run), data, {
    name: path,
    choices,
    read: async (use) => use(await openDroppedTable(path, file, { ...reading, columns }, reading.format)),
  });
  const { rows } = sample;
  const width = sample.outputs.length / rows;
  return {
    head: loss,
    ...sample,
    rowsPerInput: rows / sample.inputs,
    given: given ?? run?.given ?? "outputs",
    options,
    training: filledUp(training, names, width) ?? sample.training,
    ...(run?.bias?.length === width && { bias: run.bias }),
    data: run?.outputs.fed,
  };
}

async function arrayOf(dropped: Dropped, run: ModelRun | undefined): Promise<PlaceArray> {
  if (run === undefined) return numberArray(blobSource(dropped.files[0].path, dropped.files[0].file));
  const { rows, shape, values } = run.outputs;
  return { shape: [rows, ...shape], values };
}

function fixOf(input: CheckInput): OutputsFix {
  const { head, outputs, labels, options } = calibrationRows(input);
  const { bias: shift, loss } = calibrate(head, { outputs, labels, rows: input.rows }, options);
  const { bias } = input;
  return { bias: bias ? shift.map((b, k) => b + bias[k]) : shift, isAddition: bias === undefined, loss };
}
