/** The loss of a row whose label has probability 0: minus the logarithm of what a program puts in its place. */
export interface LossClip {
  readonly value: number;
  readonly formula: string;
  readonly what: string;
  /** Whether it stands in a framework, rather than in people's own code. */
  readonly isFramework: boolean;
  /** Whether it is met with sigmoids alone. */
  readonly isBinary?: true;
}

const own = (exponent: number): LossClip => ({
  value: exponent * Math.LN10,
  formula: `-ln 1e-${exponent}`,
  what: `a clip or epsilon of 1e-${exponent}`,
  isFramework: false,
});

/** Constants of frameworks, by their sources, and the powers of ten that people write as epsilon. */
export const lossClips: readonly LossClip[] = [
  // keras.config.epsilon() = 1e-7: probabilities are clipped to [1e-7, 1 - 1e-7]
  {
    value: 7 * Math.LN10,
    formula: "-ln 1e-7",
    what: "Keras's clip of probabilities at 1e-7",
    isFramework: true,
  },
  // tf.keras's binary cross-entropy of clipped probabilities in float32, where 1 - 1e-7 is 1 - 2^-23
  {
    value: 23 * Math.LN2,
    formula: "23 ln 2",
    what: "Keras's clip of probabilities in float32, where 1 - 1e-7 is 1 - 2^-23",
    isFramework: true,
  },
  // Keras before 2.3, TensorFlow backend: 10e-8 as logits of clipped probabilities on both sides
  // caffe: kLOG_THRESHOLD = 1e-20 (multinomial), FLT_MIN in the softmax loss
  {
    value: -Math.log(1.1754943508222875e-38),
    formula: "-ln 1.1755e-38",
    what: "the smallest normal float32 in place of a probability of 0: Caffe's softmax loss",
    isFramework: true,
  },
  {
    value: 149 * Math.LN2,
    formula: "149 ln 2",
    what: "the smallest float32 of all, 2^-149, in place of a probability of 0",
    isFramework: false,
  },
  // torch.nn.BCELoss: "we clamp its log function outputs to be greater than or equal to -100"
  {
    value: 100,
    formula: "100",
    what: "the clamp of torch.nn.BCELoss, whose logarithms are at least -100",
    isFramework: true,
    isBinary: true,
  },
  // sklearn.metrics.log_loss: eps 1e-15 before version 1.3, the float's own epsilon since
  {
    value: 15 * Math.LN10,
    formula: "-ln 1e-15",
    what: "the clip of scikit-learn's log_loss (before 1.3) and LightGBM at 1e-15",
    isFramework: true,
  },
  {
    value: 52 * Math.LN2,
    formula: "52 ln 2",
    what: "the clip of scikit-learn's log_loss at the float64 epsilon",
    isFramework: true,
  },
  ...[5, 6, 8, 9, 10, 12, 16, 20].map(own),
];
