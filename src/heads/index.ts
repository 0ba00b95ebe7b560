import { InputError, unknownName } from "../errors.ts";
import { censoredExponential, cox, pcHazard } from "./continuousTime.ts";
import { cosineSimilarity } from "./cosine.ts";
import { gamma, poisson, tweedie } from "./counts.ts";
import { crps } from "./crps.ts";
import { dice, jaccard, squaredDice, tversky } from "./dice.ts";
import { logisticHazard, mtlr, pmf } from "./discreteTime.ts";
import { binaryFocal, categoricalFocal } from "./focal.ts";
import { gaussianNll } from "./gaussianNll.ts";
import type { FrameworkName, Head } from "./head.ts";
import { laplaceNll } from "./laplaceNll.ts";
import { categoricalHinge, exponential, hinge, squaredHinge } from "./margin.ts";
import { mixtureDensity } from "./mixtureDensity.ts";
import { negativeBinomial } from "./negativeBinomial.ts";
import type { Options } from "./options.ts";
import { coral, corn, cumulativeLink } from "./ordinal.ts";
import { ctc, infoNce, lambdarank, listnet, ranknet, siglip, triplet } from "./pairing.ts";
import { absoluteError, expectile, quantile } from "./quantiles.ts";
import { mape, msle } from "./relative.ts";
import { fair, huber, logCosh, pseudoHuber, smoothL1 } from "./robust.ts";
import { sharedNames, shortNames } from "./shortNames.ts";
import { sigmoidCrossEntropy } from "./sigmoid.ts";
import { brier, generalizedCrossEntropy, poly1 } from "./simplex.ts";
import { klDivergence, softmaxCrossEntropy } from "./softmax.ts";
import { squaredError } from "./squaredError.ts";
import { zeroInflatedLognormal } from "./zeroInflatedLognormal.ts";

/** The catalogue: every head, by family. */
export const heads: readonly Head[] = [
  softmaxCrossEntropy,
  klDivergence,
  sigmoidCrossEntropy,
  binaryFocal,
  categoricalFocal,
  generalizedCrossEntropy,
  poly1,
  brier,
  hinge,
  squaredHinge,
  exponential,
  categoricalHinge,
  squaredDice,
  dice,
  tversky,
  jaccard,
  squaredError,
  absoluteError,
  quantile,
  huber,
  smoothL1,
  logCosh,
  expectile,
  fair,
  pseudoHuber,
  mape,
  msle,
  cosineSimilarity,
  poisson,
  gamma,
  tweedie,
  negativeBinomial,
  gaussianNll,
  laplaceNll,
  zeroInflatedLognormal,
  crps,
  mixtureDensity,
  coral,
  corn,
  cumulativeLink,
  logisticHazard,
  pmf,
  mtlr,
  pcHazard,
  censoredExponential,
  cox,
  siglip,
  infoNce,
  triplet,
  ranknet,
  listnet,
  lambdarank,
  ctc,
];

/** A head found by name, with the conventions that the name implies. */
export interface FoundHead {
  readonly head: Head;
  /** The options that make the head what the framework computes by default; empty for our own names. */
  readonly options: Options;
  /** The framework's name as found, and what to know about it; undefined for our own names. */
  readonly framework?: FrameworkName;
}

/**
 * Finds a head by name: ours (`binary-focal`), a common short name (`mse`), or a framework's name, written as in
 * code (`torch.nn.BCEWithLogitsLoss`, `F.cross_entropy`, `tf.keras.losses.Huber`, `reg:tweedie`), as framework and name
 * (`lightgbm huber`), or its last part alone where only one framework has it (`BCEWithLogitsLoss`). Upper and lower case,
 * spaces, `-`, `_` and the word `loss` at the end of a name make no difference.
 *
 * @throws InputError on an unknown name (with the nearest known) or one that several frameworks share
 */
export function findHead(name: string): FoundHead {
  const key = plain(name);
  const other = key.endsWith("loss") ? key.slice(0, -"loss".length) : `${key}loss`;
  const exact = matching(key);
  const matches = exact.length > 0 ? exact : matching(other);
  const distinct = new Set(matches.map(({ head, options }) => `${head.name} ${JSON.stringify(options)}`));
  if (distinct.size === 1) return matches[0];
  if (matches.length > 0) {
    const choices = matches.map(({ head, framework }) => framework?.name ?? head.name);
    throw new InputError(`ambiguous loss: ${name}; use one of ${choices.join(", ")}`);
  }
  throw unknownLoss(name);
}

/** Every head that a plain spelling may mean, by the most definite way to read it. */
function matching(key: string): FoundHead[] {
  const own = heads.find((head) => plain(head.name) === key);
  if (own) return [{ head: own, options: {} }];
  if (Object.hasOwn(shortNames, key)) return [findHead(shortNames[key])];
  if (Object.hasOwn(sharedNames, key)) return sharedNames[key].map(findHead);
  const all = ofFrameworks();
  const exact = all.find(({ framework }) => spellings(framework).includes(key));
  return exact ? [exact] : all.filter(({ framework }) => plain(lastPart(framework.name)) === key);
}

const ofFrameworks = () =>
  heads.flatMap((head) =>
    head.names.map((framework) => ({ head, framework, options: framework.options ?? {} })),
  );

/** The nearest of all names, but only our own listed: the frameworks' are too many for a line. */
function unknownLoss(name: string): InputError {
  const own = heads.map((head) => head.name);
  const known = [...own, ...ofFrameworks().map(({ framework }) => framework.name)];
  const hint = /did you mean ([^?]+)\?/.exec(unknownName("loss", name, known).message);
  return new InputError(
    `unknown loss: ${name}${hint ? `; did you mean ${hint[1]}?` : ";"} Known: ${own.join(", ")} (and the frameworks' names: see baserate losses)`,
  );
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/^tf\.keras\./, "keras.")
    .replace(/^(torch\.nn\.functional|f)\./, "torch.nn.")
    .replace(/[\s_-]/g, "");
const lastPart = (name: string) => name.slice(name.lastIndexOf(".") + 1);

/** Ways to write a framework's name in full: `lightgbm.huber`, `lightgbm huber`, `lightgbm:huber`, `reg:tweedie`. */
const spellings = ({ framework, name }: FrameworkName) => {
  const short = plain(name);
  return [
    short,
    `${framework}${short}`,
    `${framework}.${short}`,
    `${framework}:${short}`,
    `${framework}.${plain(lastPart(name))}`,
    // where optax keeps them; it has given up some of the shorter names
    ...(framework === "optax" ? [plain(name.replace("optax.", "optax.losses."))] : []),
  ];
};
