import type { ModelSource } from "./model.ts";

/** Formats that are known but can't be changed: how to recognise one, what it is, and what to do at its source. */
const otherFormats: readonly {
  matches(start: string, name: string): boolean;
  readonly advice: string;
}[] = [
  {
    matches: (start) => start.slice(4, 8) === "ORTM",
    advice:
      "ONNX Runtime's own format (.ort); set the bias in the .onnx file that it was made from, and convert that again",
  },
  {
    matches: (start) => start.startsWith("GGUF"),
    advice:
      "GGUF, a format for inference; set the bias in the model that it was converted from (safetensors), and convert that again",
  },
  {
    matches: (start) => start.slice(4, 8) === "TFL3",
    advice:
      "TensorFlow Lite, which is made after training; set the bias in the Keras model or SavedModel that it was converted from",
  },
  {
    matches: (start) => start.startsWith("tree\nversion="),
    advice:
      "a LightGBM model; LightGBM starts from the average by itself (boost_from_average), or from init_score of the Dataset",
  },
  {
    matches: (_, name) => /\.data-\d{5}-of-\d{5}$/.test(name),
    advice: "the data of a TensorFlow checkpoint; give its .index file, or the folder of a SavedModel",
  },
  {
    matches: (start, name) => name === "saved_model.pb" || start.startsWith("model_checkpoint_path:"),
    advice:
      "a part of a model of TensorFlow; give the folder of the SavedModel, or the .index file of the checkpoint",
  },
  {
    matches: (start) => start.startsWith("CBM1"),
    advice: "a CatBoost model; CatBoost starts from the average with boost_from_average=True",
  },
  {
    matches: (start, name) => /^\{[LU\s"]*learner/.test(start) || name.endsWith(".ubj"),
    advice: "an XGBoost model; XGBoost starts from base_score, which it estimates by itself since version 2",
  },
  {
    matches: (start, name) => start.startsWith("\x0a") && name.endsWith(".pb"),
    advice:
      "a frozen graph of TensorFlow, whose variables have become constants; set the bias in the SavedModel or Keras model that it was made from",
  },
  {
    matches: (start, name) =>
      compressed.some((mark) => start.startsWith(mark)) && /\.(joblib|pkl|pickle)/.test(name),
    advice:
      "a compressed pickle of joblib; if it holds a fitted model of scikit-learn, there is no training to start; arrays can be saved with numpy.savez",
  },
];

/** The first bytes of zlib, gzip, bzip2, xz and LZ4. */
const compressed = ["\x78", "\x1f\x8b", "BZh", "\xfd7zXZ", "\x04\x22M\x18"];

/** What a file of a known but unsupported format is, and what to do; undefined for all others. */
export function otherFormat(start: Uint8Array, { name }: ModelSource): string | undefined {
  const text = String.fromCharCode(...start);
  return otherFormats.find((format) => format.matches(text, name))?.advice;
}

/** What to do with a pickle that torch.save has not written, told by the modules that it names. */
export function pickleAdvice(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes);
  if (/sklearn/.test(text)) {
    return "a pickle of a scikit-learn model, which is fitted: scikit-learn estimates the intercept itself, so there is no bias to start from";
  }
  if (/lightgbm|xgboost|catboost/.test(text)) {
    return "a pickle of a boosted model, which estimates where it starts itself (boost_from_average, base_score)";
  }
  if (/numpy|jax|flax|haiku/.test(text)) {
    return "a pickle of arrays; write them with flax.serialization.to_bytes(params) as params.msgpack, or with numpy.savez, and give that";
  }
  return "a bare pickle, not PyTorch's zip format; save the state dict with torch.save";
}
