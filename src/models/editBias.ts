import { InputError, unknownName } from "../errors.ts";
import type { Patch } from "../files/patch.ts";
import { roundTo } from "./floats.ts";
import type { ModelFile, ModelOutput, WritableTensor } from "./model.ts";

/** What to set: the bias of one output, and where it is. */
export interface BiasChange {
  /** Name of an output, or of its layer; may be left out where the model has one output. */
  readonly output?: string;
  /** Name of a tensor; takes precedence over the outputs that the file describes. */
  readonly tensor?: string;
  readonly values: ArrayLike<number>;
  /** How the channels are laid out if the bias is longer than `values`. By default only convolutions repeat the values. */
  readonly layout?: BiasLayout;
}

/** The one that varies fastest along the channels is named last. */
export type BiasLayout = "anchors,classes" | "classes,anchors";

/** One bias before and after the edit. */
export interface AppliedBias {
  readonly output: ModelOutput;
  /** The tensor that changes, or is added. */
  readonly tensor: WritableTensor;
  /** The old values; undefined if a bias is added. */
  readonly before: Float64Array | undefined;
  /** The new values, rounded to the tensor's type. */
  readonly after: Float64Array;
  /** How often the values are repeated: 1, or the number of anchors. */
  readonly repeats: number;
  /** The largest rounding error. */
  readonly rounding: number;
  /** Names of the model's other outputs that change with it, because they share the bias. */
  readonly also: readonly string[];
}

export interface BiasEdit {
  readonly applied: readonly AppliedBias[];
  /** All changes of bytes, ready to be written. */
  readonly patches: readonly Patch[];
}

export interface EditOptions {
  /** Add a bias where the layer has none, if the format allows it. */
  readonly addBias?: boolean;
}

/**
 * The changes to the files that give the outputs these biases. Nothing is written.
 * @throws InputError if an output is ambiguous, has no bias to set, or needs another number of values
 */
export async function editBias(
  model: ModelFile,
  changes: readonly BiasChange[],
  { addBias = false }: EditOptions = {},
): Promise<BiasEdit> {
  const applied: AppliedBias[] = [];
  const patches: Patch[] = [];
  for (const change of changes) {
    const one = applyChange(model, change, addBias);
    const shared = applied.find(
      ({ output, tensor }) => output.name === one.output.name || tensor.name === one.tensor.name,
    );
    if (shared?.output.name === one.output.name)
      throw new InputError(`output ${one.output.name} is given twice`);
    if (shared) {
      throw new InputError(
        `outputs ${shared.output.name} and ${one.output.name} share one bias; set it once`,
      );
    }
    applied.push(one);
    patches.push(...one.tensor.patch(one.after));
  }
  return { applied, patches: model.finish ? await model.finish(patches) : patches };
}

function applyChange(model: ModelFile, change: BiasChange, addBias: boolean): AppliedBias {
  const output = findOutput(model, change);
  const { bias } = output;
  const tensor = bias ?? (addBias ? output.added : undefined);
  if (!tensor) throw new InputError(`output ${output.name}: ${output.reason ?? "it has no bias"}`);
  if (bias?.fixed !== undefined) throw new InputError(`tensor ${bias.name}: ${bias.fixed}`);
  const { all, repeats } = laidOut(output, change);
  const { type } = tensor;
  const after = roundTo(type, all);
  const also = model.outputs.filter(
    (other) => other.name !== output.name && other.bias?.name === tensor.name,
  );
  const overflow = after.findIndex((value) => !Number.isFinite(value));
  if (overflow >= 0) {
    throw new InputError(
      `output ${output.name}: value ${overflow} is ${all[overflow]}, too large for ${type}`,
    );
  }
  return {
    output,
    tensor,
    before: bias?.read(),
    after,
    repeats,
    rounding: distance(after, all),
    also: also.map(({ name }) => name),
  };
}

/**
 * The output that a change refers to.
 * @throws InputError that lists the outputs
 */
function findOutput(model: ModelFile, { output, tensor }: BiasChange): ModelOutput {
  const known = [...model.outputs, ...model.candidates];
  if (tensor !== undefined) {
    const found = model.tensors.get(tensor);
    if (!found) throw shorter(unknownName("tensor", tensor, [...model.tensors.keys()]));
    const name = output ?? tensor;
    const same = known.find(({ bias }) => bias?.name === tensor);
    return {
      name,
      layer: tensor,
      units: found.shape.reduce((a, b) => a * b, 1),
      convolution: false,
      ...same,
      described: false,
      bias: found,
    };
  }
  if (output !== undefined) {
    const found =
      known.find(({ name }) => name === output) ?? only(known.filter(({ layer }) => layer === output));
    if (!found) throw shorter(unknownName("output", output, [...new Set(known.map(({ name }) => name))]));
    return found;
  }
  if (model.outputs.length === 1) return model.outputs[0];
  if (model.outputs.length > 1) {
    const [{ bias }] = model.outputs;
    if (bias && model.outputs.every((other) => other.bias?.name === bias.name)) {
      throw new InputError(
        `the outputs ${model.outputs.map(({ name }) => name).join(" and ")} share one bias; --output ${model.outputs[0].name} sets it for all of them`,
      );
    }
    throw new InputError(
      `the model has ${model.outputs.length} outputs: ${model.outputs.map(({ name }) => name).join(", ")}; choose one with --output, or give a bias for each with --heads`,
    );
  }
  const list = model.candidates.slice(0, 12).map(({ name, units }) => `${name} (${units})`);
  throw new InputError(
    `${model.reason ?? "the file does not say which tensors are its outputs"}${list.length > 0 ? `: ${list.join(", ")}${model.candidates.length > 12 ? ", ..." : ""}; choose one with --output` : ""}`,
  );
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}

/** A list of hundreds of names does not help on one line. */
function shorter(error: InputError): InputError {
  return error.message.length <= 400
    ? error
    : new InputError(`${error.message.slice(0, 380)}... (baserate inspect --tensors lists them)`);
}

/** The values for every unit: as they are, or repeated for each anchor. */
function laidOut(
  { name, layer, bias, units = bias?.shape.reduce((a, b) => a * b, 1), convolution }: ModelOutput,
  { values, layout }: BiasChange,
) {
  const bad = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InputError(`output ${name}: value ${bad} is ${values[bad]}, not a finite number`);
  if (units === undefined || units === values.length) return { all: Float64Array.from(values), repeats: 1 };
  const repeats = units / values.length;
  if (!Number.isInteger(repeats) || (!convolution && layout === undefined)) {
    const hint = Number.isInteger(repeats)
      ? "; if they are classes for each anchor, add --layout anchors,classes"
      : "";
    throw new InputError(
      `output ${name} (layer ${layer}) has ${units} units, but there are ${values.length} values for it${hint}`,
    );
  }
  const classOf =
    layout === "classes,anchors" ? (i: number) => Math.floor(i / repeats) : (i: number) => i % values.length;
  return { all: Float64Array.from({ length: units }, (_, i) => values[classOf(i)]), repeats };
}

function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}
