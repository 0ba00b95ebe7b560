import { InputError } from "../errors.ts";

/** The weights in a folder that is a model as a whole, in the order in which the libraries prefer them. */
const folderWeights: readonly (readonly [mark: string, weights: string])[] = [
  ["config.json", "model.safetensors"],
  ["config.json", "model.safetensors.index.json"],
  ["config.json", "pytorch_model.bin"],
  ["config.json", "pytorch_model.bin.index.json"],
  ["saved_model.pb", "variables/variables.index"],
];

/**
 * The file to open in a folder that has these files. Throws an InputError, with what to do, if the folder is not a model.
 *
 * @param folder what messages call it
 */
export function mainFile(folder: string, names: readonly string[]): string {
  const found = folderWeights.find(([mark, weights]) => names.includes(mark) && names.includes(weights));
  if (found) return found[1];
  throw new InputError(`${folder}: ${folderReason(names.filter((name) => !name.includes("/")))}`);
}

/** Whether a file holds the same weights once more, in a form that the libraries ignore beside the one that is read. */
export function isOtherCopy(name: string, files: readonly string[]): boolean {
  const isWeights =
    /^(model.*\.safetensors|pytorch_model.*\.bin|tf_model\.h5|flax_model\.msgpack|.*\.onnx)(\.index\.json)?$/.test(
      name,
    );
  return isWeights && !files.includes(name);
}

/** Folders that frameworks save models as: a file that identifies them, and what to do. */
const modelFolders: readonly [mark: RegExp, advice: string][] = [
  [
    /^(_CHECKPOINT_METADATA|_METADATA|manifest\.ocdbt)$/,
    "an Orbax checkpoint, which baserate doesn't read; restore it and write one file, params.msgpack, of flax.serialization.to_bytes(params), or paste the lines of baserate solve --for flax",
  ],
  [
    /\.distcp$/,
    "a distributed checkpoint of PyTorch; make one file of it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pt",
  ],
];
const modelNames =
  /\.(keras|h5|onnx|safetensors|safetensors\.index\.json|npz|msgpack|pt|pth|ckpt|index)$|^(pytorch_model\.bin|model\.json)$/;

/** Why a folder with these files is not opened, and what to do. */
function folderReason(names: readonly string[]): string {
  const advice = modelFolders.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
  if (advice !== undefined) return advice;
  const models = names.filter((name) => modelNames.test(name)).slice(0, 5);
  return models.length === 0
    ? "a folder; give the path of the model file"
    : `a folder; give the path of one file in it: ${models.join(", ")}`;
}
