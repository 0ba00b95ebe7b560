import type { Patch } from "../../files/patch.ts";
import { type AppliedBias, type BiasChange, editBias } from "../../models/editBias.ts";
import type { ModelFile, ModelOutput, StoredTensor, WritableTensor } from "../../models/model.ts";
import { nameParts, patchesByFile } from "../../models/patchesByFile.ts";
import { predictionAtBias } from "../../models/predictionAtBias.ts";
import { verifyEdit } from "../../models/verifyEdit.ts";
import type { Dropped, DroppedFile } from "../dropped.ts";
import { openDroppedModel } from "./openDroppedModel.ts";
import { serveTask } from "./serve.ts";

export interface ModelRequest {
  readonly dropped: Dropped;
  /** What to set: one output each; empty to look only. */
  readonly changes: readonly BiasChange[];
  readonly addBias?: boolean;
}

/** A tensor without its functions, which cannot leave the worker. */
export type TensorFacts = Pick<WritableTensor, "name" | "type" | "shape">;

/** An output as `baserate inspect` shows it. */
export interface OutputFacts extends Omit<ModelOutput, "bias" | "added"> {
  readonly tensor?: TensorFacts;
  /** Why its bias cannot be changed in place. */
  readonly fixed?: string;
  /** Absent for candidates, of which there may be thousands. */
  readonly bias?: readonly number[];
  readonly prediction?: readonly number[];
  /** Whether a bias can be added. */
  readonly canAdd: boolean;
}

export interface ModelFacts extends Pick<ModelFile, "format" | "reason" | "trainedWith"> {
  readonly bytes: number;
  readonly outputs: readonly OutputFacts[];
  readonly candidates: readonly OutputFacts[];
}

/** The bias of one output that was set. */
export interface BiasSet {
  readonly tensor: TensorFacts;
  readonly before?: readonly number[];
  readonly after: readonly number[];
  readonly prediction?: readonly number[];
  readonly repeats: number;
  readonly rounding: number;
  readonly also: readonly string[];
}

/** A changed model: what was set, and the files that are new, to be downloaded. */
export interface ChangedModel {
  readonly applied: readonly BiasSet[];
  readonly files: readonly DroppedFile[];
}

export interface ModelResult {
  readonly model: ModelFacts;
  readonly changed?: ChangedModel;
}

serveTask<ModelRequest, ModelResult>(async ({ dropped, changes, addBias }) => {
  const model = await openDroppedModel(dropped);
  const facts = factsOf(model, dropped);
  if (changes.length === 0) return { model: facts };
  const edit = await editBias(model, changes, { addBias });
  const files = changedFiles(model, dropped, edit.patches);
  const copies = dropped.files.map((old) => files.find(({ path }) => path === old.path) ?? old);
  verifyEdit(model, await openDroppedModel({ ...dropped, files: copies }), edit, dropped.name);
  return {
    model: facts,
    changed: { applied: edit.applied.map(biasSet), files: renamed(files, model, dropped) },
  };
});

/** The files that a change gives new bytes: slices of the old ones, which stay on disk, around the patches. */
function changedFiles(model: ModelFile, { files }: Dropped, patches: readonly Patch[]): DroppedFile[] {
  return [...patchesByFile(model, patches)].map(([path, changes]) => {
    const { file } = files.find((one) => one.path === path)!;
    const parts: BlobPart[] = [];
    let at = 0;
    for (const { offset, remove, bytes } of changes) {
      parts.push(file.slice(at, offset), bytes as Uint8Array<ArrayBuffer>);
      at = offset + remove;
    }
    parts.push(file.slice(at));
    return { path, file: new Blob(parts) };
  });
}

/** A model of one file is called `model.baserate.keras`, as by `baserate apply`; of several, the files keep their names. */
function renamed(files: DroppedFile[], model: ModelFile, { isFolder }: Dropped): DroppedFile[] {
  const [main] = model.files;
  const isAlone = !isFolder && files.every(({ path }) => path === main);
  if (!isAlone) return files;
  const { stem, ending } = nameParts(main);
  return files.map(({ file }) => ({ path: `${stem}.baserate${ending}`, file }));
}

function factsOf(model: ModelFile, { files }: Dropped): ModelFacts {
  const { format, reason, trainedWith, outputs, candidates } = model;
  const sizes = new Map(files.map(({ path, file }) => [path, file.size]));
  return {
    format,
    reason,
    trainedWith,
    bytes: model.files.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0),
    outputs: outputs.map((output) => withBias(output)),
    candidates: candidates.map((output) => plainFacts(output)),
  };
}

function withBias(output: ModelOutput): OutputFacts {
  const bias = output.bias?.read();
  const predicted = bias && output.described ? predictionAtBias(output, bias) : undefined;
  return {
    ...plainFacts(output),
    ...(bias && { bias: [...bias] }),
    ...(predicted && { prediction: [...predicted] }),
  };
}

const plainFacts = ({ bias, added, ...output }: ModelOutput): OutputFacts => ({
  ...output,
  ...(bias && { tensor: tensorFacts(bias), fixed: (bias as StoredTensor).fixed }),
  canAdd: added !== undefined,
});

const tensorFacts = ({ name, type, shape }: WritableTensor): TensorFacts => ({ name, type, shape });

function biasSet({ output, tensor, before, after, repeats, rounding, also }: AppliedBias): BiasSet {
  const predicted = output.described ? predictionAtBias(output, after) : undefined;
  return {
    tensor: tensorFacts(tensor),
    ...(before && { before: [...before] }),
    after: [...after],
    ...(predicted && { prediction: [...predicted] }),
    repeats,
    rounding,
    also,
  };
}
