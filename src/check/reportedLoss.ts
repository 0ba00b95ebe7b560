import type { CauseName } from "./cause.ts";
import type { CheckInput } from "./checkInput.ts";
import { lossCandidates } from "./lossCandidates.ts";
import type { LossParts } from "./lossParts.ts";
import type { Sample } from "./sample.ts";

/** What the loss reported by a program turns out to be, if it is not the stated one. */
export interface ReportedVerdict {
  readonly cause: CauseName;
  /** What equals the reported number, in words; undefined if nothing known does. */
  readonly equals?: string;
  /** How to fix it, in one line. */
  readonly fix: string;
}

/** The causes that only a reported loss can show. */
export const reportedCauses = [
  "wrong sign",
  "wrong reduction",
  "padding counted",
  "label smoothing differs",
  "wrong loss",
  "wrong link",
  "softmax missing",
  "sigmoid missing",
  "softmax applied twice",
  "sigmoid applied twice",
] as const satisfies readonly CauseName[];

/** Whether two numbers agree to half a percent or to the third decimal. */
const alike = (a: number, b: number) => Math.abs(a - b) <= Math.max(0.005 * Math.abs(b), 0.001);
/** Whether they agree as the same rows and four decimals make them: float32 and rounding are all that differs. */
const equal = (a: number, b: number) => Math.abs(a - b) <= Math.max(2e-4 * Math.abs(b), 0.6e-4);

/**
 * Whether the loss that a program reports for these rows is the stated one; if not, which mistake gives that number.
 * Candidates are computed from the rows. One that equals the number beats one that is near; of several, the one that
 * assumes less comes first. The stated loss itself is preferred where it is near and nothing equals the number.
 */
export function reportedVerdict(
  sample: Sample,
  parts: LossParts,
  { reportedLoss: reported = Number.NaN, options, accumulate }: CheckInput,
): ReportedVerdict | undefined {
  const stated = options?.reduction === "sum" ? parts.measured * sample.rows : parts.measured;
  if (equal(reported, stated)) return undefined;
  const candidates = lossCandidates(sample, parts.measured, stated, accumulate).filter(
    ({ value }) => !equal(value, stated),
  );
  const exact = candidates.filter(({ value }) => equal(reported, value));
  if (exact.length > 0) return exact[0];
  if (alike(reported, stated)) return undefined;
  const near = candidates
    .filter(({ value }) => alike(reported, value))
    .sort((a, b) => Math.abs(reported - a.value) - Math.abs(reported - b.value));
  if (near.length > 0) return near[0];
  // Rows, or dropout, may have been others: only what lies far beyond chance is a finding.
  if (Math.abs(reported - stated) <= 6 * parts.standardError * (stated / parts.measured)) return undefined;
  return {
    cause: "wrong loss",
    fix: `compare the loss in your program with ${sample.head.name}, its options and its reduction`,
  };
}
