/** A number of classes that many programs have, with what has it. Tried where the number of classes is not known. */
export interface UsualSize {
  readonly size: number;
  readonly what: string;
  /** How often it is met, relative to the others: an order of magnitude, not a measurement. */
  readonly weight: number;
}

const sizes = (weight: number, ...known: readonly (readonly [size: number, what: string])[]): UsualSize[] =>
  known.map(([size, what]) => ({ size, what, weight }));

/** Class counts and vocabularies. Sources: the data sets' and the models' own configurations. */
export const usualClasses: readonly UsualSize[] = [
  ...sizes(8, [2, "two classes"], [10, "10 classes: CIFAR-10, MNIST"], [1000, "1,000 classes: ImageNet"]),
  ...sizes(3, [3, "3 classes"], [4, "4 classes"], [5, "5 classes"], [100, "100 classes: CIFAR-100"]),
  ...sizes(2, [6, "6 classes"], [7, "7 classes"], [8, "8 classes"], [20, "20 classes: Pascal VOC"]),
  ...sizes(2, [50257, "the vocabulary of GPT-2"], [30522, "the vocabulary of BERT"]),
  ...sizes(2, [32000, "the vocabulary of Llama 2 and T5"], [128256, "the vocabulary of Llama 3"]),
  ...sizes(
    1,
    [9, "9 classes"],
    [19, "19 classes: Cityscapes"],
    [21, "21 classes: Pascal VOC with background"],
    [26, "26 classes: letters"],
    [27, "27 characters: makemore"],
    [65, "65 characters: tiny Shakespeare"],
    [80, "80 classes: COCO"],
    [81, "81 classes: COCO with background"],
    [91, "91 classes: COCO"],
    [101, "101 classes: UCF101, Food-101"],
    [120, "120 classes: Stanford Dogs"],
    [150, "150 classes: ADE20K"],
    [196, "196 classes: Stanford Cars"],
    [200, "200 classes: Tiny ImageNet, CUB"],
    [256, "256 values of a byte"],
    [400, "400 classes: Kinetics"],
    [1001, "1,001 classes: ImageNet with background"],
    [8192, "8,192 tokens"],
    [10000, "a vocabulary of 10,000"],
    [10575, "10,575 persons: CASIA-WebFace"],
    [16384, "16,384 tokens"],
    [21841, "21,841 classes: ImageNet-21k"],
    [28996, "the vocabulary of BERT, cased"],
    [32128, "the vocabulary of T5, padded"],
    [32768, "a vocabulary of 32,768"],
    [50265, "the vocabulary of RoBERTa"],
    [50304, "the vocabulary of GPT-2, padded"],
    [51865, "the vocabulary of Whisper"],
    [65536, "a vocabulary of 65,536"],
    [85742, "85,742 persons: MS1MV2"],
    [119547, "the vocabulary of multilingual BERT"],
    [151936, "the vocabulary of Qwen 2"],
    [250002, "the vocabulary of XLM-RoBERTa"],
    [256000, "the vocabulary of Gemma"],
    [262144, "the vocabulary of Gemma 3"],
  ),
];

/** Batches and other groups of rows that are tried where their number is not known. */
export const usualRows = [8, 16, 32, 64, 100, 128, 256, 512, 784, 1024] as const;
