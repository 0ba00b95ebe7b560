import type { CheckInput } from "../../check/checkInput.ts";
import { type CheckReport, checkOutputs } from "../../check/checkOutputs.ts";
import { calibrationRows } from "../../check/sample.ts";
import { InputError } from "../../errors.ts";
import { calibrate } from "../../heads/calibrate.ts";
import { findHead } from "../../heads/index.ts";
import type { Options } from "../../heads/options.ts";
import { float64 } from "../../math/float64.ts";
import { numberArray } from "../../tables/numberArray.ts";
import { readLabelRows } from "../../tables/readLabels.ts";
import type { Dropped } from "../dropped.ts";
import { blobSource } from "./blobSource.ts";
import { openDroppedTable } from "./openDroppedTable.ts";
import { serveTask } from "./serve.ts";

export interface OutputsRequest {
  readonly outputs: Dropped;
  readonly labels: Dropped;
  readonly loss: string;
  readonly options: Options;
  readonly given: "outputs" | "predictions";
  readonly columns?: readonly string[];
}

export interface OutputsResult {
  readonly report: CheckReport;
  /** What to add to the output bias, and the loss of these rows with it; absent where no loss could be measured. */
  readonly fix?: { readonly bias: readonly number[]; readonly loss: number };
}

serveTask<OutputsRequest, OutputsResult>(async (request) => {
  const input = await inputOf(request);
  const report = checkOutputs(input);
  if (report.measuredLoss === null) return { report };
  const { head, outputs, labels, options } = calibrationRows(input);
  return { report, fix: calibrate(head, { outputs, labels, rows: input.rows }, options) };
});

async function inputOf({
  outputs,
  labels,
  loss,
  options,
  given,
  columns,
}: OutputsRequest): Promise<CheckInput> {
  const { head } = findHead(loss);
  const [outputFile] = outputs.files;
  const [labelFile] = labels.files;
  const { shape, values } = await numberArray(blobSource(outputFile.path, outputFile.file));
  if (shape.length > 2) {
    throw new InputError(
      `${outputFile.path} has ${shape.length} axes; this page checks one row of outputs per input, so use baserate check for pixels or tokens`,
    );
  }
  const table = await openDroppedTable(labelFile.path, labelFile.file, { columns });
  const read = await readLabelRows(table, head, { indicesAreSure: true });
  if (read.rowsRead !== shape[0] || read.rows !== shape[0]) {
    throw new InputError(`${read.rows} labels in ${labelFile.path} for ${shape[0]} rows; give as many`);
  }
  return { head: loss, outputs: float64(values), labels: read.labels, rows: shape[0], options, given };
}
