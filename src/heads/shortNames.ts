/**
 * Common names for losses that have a single meaning: from the plain spelling (see `findHead`) to the full name. Names with
 * and without `loss` at the end need one entry.
 */
export const shortNames: Readonly<Record<string, string>> = {
  ce: "softmax",
  xent: "softmax",
  crossentropy: "softmax",
  softmaxcrossentropy: "softmax",
  softmaxcrossentropywithlogits: "softmax",
  sparsesoftmaxcrossentropywithlogits: "softmax",
  multinomial: "softmax",
  logistic: "sigmoid",
  multilabel: "sigmoid",
  sigmoidcrossentropywithlogits: "sigmoid",
  binarycrossentropywithlogits: "torch.nn.BCEWithLogitsLoss",
  "torch.nn.binarycrossentropy": "torch.nn.BCELoss",
  "torch.nn.binarycrossentropywithlogits": "torch.nn.BCEWithLogitsLoss",
  kl: "kl-divergence",
  kld: "kl-divergence",
  kullbackleiblerdivergence: "kl-divergence",
  gce: "generalized-cross-entropy",
  brierscore: "brier",
  adaboost: "exponential",
  iou: "jaccard",
  mse: "squared-error",
  meansquarederror: "squared-error",
  l2: "squared-error",
  mae: "absolute-error",
  l1: "absolute-error",
  meanabsolutepercentageerror: "mape",
  pinball: "quantile",
  cosine: "cosine-similarity",
  cosineproximity: "cosine-similarity",
  nb: "negative-binomial",
  ziln: "zero-inflated-lognormal",
  mdn: "mixture-density",
  ntxent: "info-nce",
};

/** Names with several meanings, and the heads that they may mean. */
export const sharedNames: Readonly<Record<string, readonly string[]>> = {
  focal: ["binary-focal", "categorical-focal"],
  nll: ["softmax", "gaussian-nll", "laplace-nll", "poisson", "negative-binomial"],
  gaussian: ["squared-error", "gaussian-nll"],
  classification: ["softmax", "sigmoid"],
  ordinal: ["coral", "corn", "cumulative-link"],
  contrastive: ["info-nce", "siglip", "triplet"],
};
