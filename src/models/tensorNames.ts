/** The shapes of all tensors of a file by name, of any type. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Last parts of the name of a layer's bias: "bias" in PyTorch and Flax, "b" in Haiku and often in NumPy code. */
const biasNames = new Set(["bias", "b", "biases"]);
/** The same for its weight: PyTorch's has shape [out, in, ...], the others' have [..., in, out]. */
export const weightNames = ["weight", "kernel", "w", "weights"];

/** Names that model code gives to the output layer, in PyTorch, timm, transformers, Flax and Keras. */
const outputNames =
  /^(head|heads|fc|fc_?out|lm_head|classifier|cls|classification_head|class_?embed|score|scorer|logits|logits_proj|out|output|outputs|predictions?|probs|probabilities|regressor|final|last_linear|qa_outputs|vocab_projector)$/i;
/** A part of a name that numbers the blocks of a stack: `layers.3`, `Block_3`, `block2-0`. */
const blockNumber = /(^|[_-])\d+$/;

export const parts = (name: string): string[] => name.split(/[./]/);

/**
 * A tensor's layer and its name within the layer: `fc.bias` is {layer: "fc", part: "bias"}. TensorFlow's `:0` is left
 * out, and in a file without separators `b2` is the bias of layer 2.
 */
export function splitName(name: string): { layer: string; part: string } {
  const bare = name.replace(/:0$/, "");
  const part = parts(bare).at(-1)!;
  if (part !== bare) return { layer: bare.slice(0, -part.length - 1), part };
  const numbered = /^(w|weights?|kernel|b|bias(?:es)?)_?(\d+)$/i.exec(bare);
  return numbered ? { layer: numbered[2], part: numbered[1].toLowerCase() } : { layer: "", part };
}

export const isBiasName = (name: string): boolean => biasNames.has(splitName(name).part);

/** How clearly a layer's name says that it is an output. */
export const clarity = { none: 0, inBlock: 1, byOtherWord: 2, byLastWord: 3 } as const;

export function clarityOf(layer: string): number {
  const words = parts(layer);
  const at = words.findLastIndex((word) => outputNames.test(word));
  if (at < 0) return clarity.none;
  if (words.slice(0, at).some((word) => blockNumber.test(word))) return clarity.inBlock;
  return words.slice(at + 1).every((word) => /^\d+$/.test(word)) ? clarity.byLastWord : clarity.byOtherWord;
}

/** Whether a layer is part of a numbered block, as `layers.3.mlp` is; the last layer of a Sequential, `net.3`, is not. */
export const isInBlock = (layer: string): boolean =>
  parts(layer)
    .slice(0, -1)
    .some((word) => blockNumber.test(word));
