import type { LossExplanation, LossVerdict } from "../check/explainLoss.ts";
import { significant } from "../math/significant.ts";
import { field, wrap } from "./text.ts";

/** How strong evidence is by its bits: a ratio of 20, of 3, or less (Kass and Raftery, 1995, "Bayes factors"). */
const strengths: readonly (readonly [bits: number, word: string])[] = [
  [Math.log2(20), "strong"],
  [Math.log2(3), "moderate"],
  [-Infinity, "weak"],
];

export const strengthOf = (bits: number): string => strengths.find(([least]) => bits >= least)![1];

/** Explanations of a loss as text of at most 80 columns. */
export function whyReport({ explanations, unexplained }: LossVerdict, text: string): string {
  const [best] = explanations;
  if (best === undefined || best.share < unexplained) {
    return [nothing(text), ...(best ? ["Least unlikely:", ...explanations.map(entry)] : [])].join("\n\n");
  }
  const strength = strengthOf(best.bits);
  const first =
    strength === "weak"
      ? `${text} is consistent with what follows, but so are many random numbers.`
      : `${text} is consistent with ${best.formula} (${strength} evidence).`;
  return [
    wrap(first),
    ...explanations.map(entry),
    ...ties(explanations),
    wrap(`Something else, which is not in the table: ${percent(unexplained)}.`),
  ].join("\n\n");
}

/** Explanations that give the same number as the first: only facts tell them apart. */
function ties([best, ...others]: readonly LossExplanation[]): string[] {
  const same = others.flatMap(({ value }, i) => (value !== null && value === best.value ? [i + 2] : []));
  if (same.length === 0) return [];
  return [
    wrap(
      `1 and ${same.join(" and ")} give the same number, so the number alone cannot decide between them; what you know about the program can.`,
    ),
  ];
}

const nothing = (text: string) =>
  wrap(
    `${text} is not explained: something else is likelier than every known explanation. More facts help: --classes, --counts, --loss, --batch-size, --accumulate.`,
  );

function entry(explanation: LossExplanation, index: number): string {
  const { name, formula, value, difference, what, fix, settle, share, chance, bits } = explanation;
  const equals =
    value === null
      ? formula
      : `${formula} = ${Number(value.toPrecision(6))} (off by ${significant(difference!)})`;
  const matches = chance === null ? "" : `; ${percent(chance)} of random numbers match as well`;
  return [
    wrap(`${index + 1}. ${name}: ${equals}`, 3),
    field(" what", what),
    field(
      " evidence",
      `${strengthOf(bits)}, ${bits.toFixed(1)} bits; ${percent(share)} of the probability${matches}`,
    ),
    field(" fix", fix),
    field(" settle", settle),
  ].join("\n");
}

/** `less than 1 %`, `59 %`. */
const percent = (share: number) => (share < 0.005 ? "less than 1 %" : `${Math.round(100 * share)} %`);
