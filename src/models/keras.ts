import { InputError } from "../errors.ts";
import { json } from "../files/byteSource.ts";
import { firstEntry, readZip } from "../files/zip.ts";
import { type Hdf5File, readHdf5 } from "./hdf5.ts";
import { type KerasOutput, kerasOutputs, type PathStep } from "./kerasConfig.ts";
import type { Format, ModelFile, ModelOutput, ModelSource, StoredTensor } from "./model.ts";
import { type FoundOutputs, outputsOfStateDict } from "./stateDict.ts";

/** In bytes. The config of a network with thousands of layers has a few MB. */
const maxConfig = 2 ** 26;

/** Keras 3's native format: a zip file of config.json and model.weights.h5. */
export const keras: Format = {
  name: "Keras 3 (.keras)",
  matches(start, source) {
    const first = firstEntry(start);
    return (
      first !== undefined &&
      (/^(metadata\.json|config\.json|model\.weights\.h5)$/.test(first) || source.name.endsWith(".keras"))
    );
  },
  async open(source: ModelSource): Promise<ModelFile> {
    const zip = readZip(source.main, source.name);
    const config = await zip.open("config.json", maxConfig);
    const found = kerasOutputs(json(config, 0, config.size, "config.json"), source.name);
    const weights = "model.weights.h5";
    if (!zip.entries.has(weights)) {
      throw new InputError(
        `${source.name}: no ${weights} in it${zip.entries.has("model.weights.npz") ? ", only model.weights.npz, which is not supported; save the model again in Keras" : ""}`,
      );
    }
    const file = await readHdf5(await zip.open(weights), weights);
    const outputs = found?.map((output) => toOutput(output, numberedBias(file, output), source.name));
    return {
      format: zip.entries.get(weights)!.method === 0 ? "Keras 3 (.keras)" : "Keras 3 (.keras, compressed)",
      tensors: allTensors(file),
      files: [source.name],
      finish: zip.finish,
      ...(outputs ? { outputs, candidates: [] } : namedOutputs(file)),
    };
  },
};

/** HDF5 files of Keras 2, TF-Keras and Keras 3: whole models (.h5), and weights only (.weights.h5, or .h5 without a config). */
export const kerasHdf5: Format = {
  name: "Keras HDF5 (.h5, .weights.h5)",
  matches: (start) => String.fromCharCode(...start.subarray(0, 4)) === "\x89HDF",
  async open(source: ModelSource): Promise<ModelFile> {
    const file = await readHdf5(source.main, source.name);
    const shared = { tensors: allTensors(file), files: [source.name] };
    const config = file.attribute("", "model_config");
    const found =
      typeof config === "string" ? kerasOutputs(parse(config, source.name), source.name) : undefined;
    if (!found) return { format: "Keras HDF5, weights only", ...shared, ...namedOutputs(file) };
    const outputs = found.map((output) => toOutput(output, namedBias(file, output), source.name));
    return { format: "Keras HDF5 (.h5), whole model", outputs, candidates: [], ...shared };
  },
};

/** The outputs as far as the names of the weights alone tell. */
function namedOutputs(file: Hdf5File): FoundOutputs {
  const byLayer = weightsByLayer(file);
  return outputsOfStateDict(byLayer, new Map([...byLayer].map(([name, tensor]) => [name, tensor.shape])));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${file}: broken: model_config is not valid JSON`);
  }
}

function toOutput(found: KerasOutput, bias: StoredTensor | undefined, file: string): ModelOutput {
  const { name, layer, activation, units, convolution } = found;
  const output = { name, layer, activation, units, convolution, described: true };
  if (found.reason !== undefined) return { ...output, reason: found.reason };
  if (!bias)
    return {
      ...output,
      reason: `the config gives layer ${layer} a bias, but the weights hold none; name the tensor with --tensor`,
    };
  const size = bias.shape.reduce((product, length) => product * length, 1);
  if (units !== undefined && units !== size) {
    throw new InputError(
      `${file}: broken: layer ${layer} has ${units} units, but its bias has ${size} values`,
    );
  }
  return { ...output, units: size, bias };
}

/** Datasets by their path in the HDF5 file, those with floating-point numbers. */
function allTensors(file: Hdf5File): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const path of file.datasets.keys()) {
    const tensor = file.tensor(path, path);
    if (tensor) tensors.set(path, tensor);
  }
  return tensors;
}

/**
 * Keras 3's numbered weights: LAYERS/dense_1/vars/1, where a layer's folder is its class name in snake case, numbered
 * within its model in the order of the config. https://github.com/keras-team/keras/blob/v3.15.0/keras/src/saving/saving_lib.py (_save_container_state)
 */
function numberedBias(file: Hdf5File, { path, className }: KerasOutput): StoredTensor | undefined {
  // A separable convolution has two kernels.
  const index = className.startsWith("Separable") ? 2 : 1;
  for (const container of ["layers", "_layer_checkpoint_dependencies"]) {
    const folder = path
      .map((step) =>
        step.name === "layer" && step.siblings.length === 0 ? "layer" : `${container}/${folderName(step)}`,
      )
      .join("/");
    const dataset = `${folder}/vars/${index}`;
    const tensor = file.tensor(dataset, dataset);
    if (!tensor) continue;
    const written = file.attribute(`${folder}/vars`, "name");
    const wanted = path.filter((step) => step.siblings.length > 0).at(-1)!.name;
    // The name is there since Keras 3.6; it guards against another numbering.
    if (written === undefined || written === wanted || path.at(-1)!.siblings.length === 0) return tensor;
  }
  return undefined;
}

function folderName({ name, siblings }: PathStep): string {
  const own = siblings.find((sibling) => sibling.name === name)!;
  const folder = snakeCase(own.className);
  const before = siblings.slice(0, siblings.indexOf(own));
  const number = before.filter((sibling) => snakeCase(sibling.className) === folder).length;
  return number === 0 ? folder : `${folder}_${number}`;
}

/** Keras's to_snake_case: Conv2DTranspose becomes conv2d_transpose. */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Keras 2's named weights: one group per layer of the outermost model, with the attribute weight_names. */
function namedBias(file: Hdf5File, { path }: KerasOutput): StoredTensor | undefined {
  const group = `model_weights/${path[0].name}`;
  const last = path.filter((step) => step.siblings.length > 0).at(-1)!.name;
  const names = list(file, group, "weight_names").filter((name) => /(^|\/)bias(:0)?$/.test(name));
  const own = names.filter((name) => name.split("/").includes(last));
  const name = own.length === 1 ? own[0] : names.length === 1 ? names[0] : undefined;
  return name === undefined ? undefined : file.tensor(`${group}/${name}`, `${group}/${name}`);
}

/** A list of names; Keras cuts a long one into name0, name1, ... (HDF5 attributes hold 64 kB). */
function list(file: Hdf5File, path: string, name: string): string[] {
  const whole = file.attribute(path, name);
  if (whole !== undefined) return [whole].flat();
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = file.attribute(path, `${name}${i}`);
    if (part === undefined) return parts;
    parts.push(...[part].flat());
  }
}

/**
 * Weights without a config, as a state dict: LAYER/kernel and LAYER/bias. Keras 3 numbers a layer's weights; two of
 * them, a matrix and a vector, are a kernel and a bias.
 */
function weightsByLayer(file: Hdf5File): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const path of file.datasets.keys()) {
    const numbered = /^(.*)\/vars\/([01])$/.exec(path);
    if (!numbered) {
      const name = shortened(path.replace(/:0$/, ""));
      const tensor = file.tensor(path, path);
      if (tensor) tensors.set(name, tensor);
      continue;
    }
    const [, folder, number] = numbered;
    if (file.datasets.has(`${folder}/vars/2`)) continue;
    const own = file.attribute(`${folder}/vars`, "name");
    // Within a model's list of layers the folder is a class's name and a number; elsewhere it is the attribute's.
    const isListed = /(^|\/)(layers|_layer_checkpoint_dependencies)\/[^/]+$/.test(folder);
    const layer = folder.replace(/[^/]+$/, (last) => (isListed && typeof own === "string" ? own : last));
    const name = `${layer.replace(/(^|\/)(layers|_layer_checkpoint_dependencies)\//g, "$1")}/${["kernel", "bias"][Number(number)]}`;
    const tensor = file.tensor(path, path);
    if (tensor) tensors.set(name, tensor);
  }
  return tensors;
}

/** Keras 2 repeats a layer's name within its group (dense/mlp/dense/bias); the group's name alone will do. */
function shortened(path: string): string {
  const [group, ...rest] = path.split("/");
  return rest.at(-2) === group ? `${group}/${rest.at(-1)}` : path;
}
