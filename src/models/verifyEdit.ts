import { InputError } from "../errors.ts";
import type { BiasEdit } from "./editBias.ts";
import type { ModelFile, ModelOutput } from "./model.ts";

/**
 * Checks that a changed copy holds the new biases, and that everything else reads as before.
 *
 * @param name what the message calls the copy
 * @throws InputError where it does not
 */
export function verifyEdit(model: ModelFile, copy: ModelFile, edit: BiasEdit, name: string): void {
  for (const { output, tensor, after } of edit.applied) {
    const found = copy.tensors.get(tensor.name);
    if (!found || !equal(found.read(), after))
      throw unfaithful(name, `the bias of ${output.name} does not read back as written`);
  }
  const changed = new Set(edit.applied.map(({ tensor }) => tensor.name));
  for (const before of model.outputs) {
    const after = copy.outputs.find((output) => output.name === before.name);
    const tensor = before.bias ?? before.added;
    const isChanged = tensor !== undefined && changed.has(tensor.name);
    if (!after || (isChanged ? after.bias?.name !== tensor.name : !sameOutput(before, after))) {
      throw unfaithful(name, `output ${before.name} has changed`);
    }
  }
  for (const [tensorName, { type, shape }] of model.tensors) {
    const after = copy.tensors.get(tensorName);
    if (after?.type !== type || String(after.shape) !== String(shape))
      throw unfaithful(name, `tensor ${tensorName} has changed`);
  }
}

function unfaithful(name: string, what: string): InputError {
  return new InputError(`${name}: nothing was written, because the changed copy failed its check: ${what}`);
}

function sameOutput(before: ModelOutput, after: ModelOutput): boolean {
  if (before.layer !== after.layer || before.activation !== after.activation || !before.bias !== !after.bias)
    return false;
  return !before.bias || equal(before.bias.read(), after.bias!.read());
}

/** Bit for bit, so that NaN equals itself and 0 differs from -0. */
function equal(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
