import type { HeadFamily } from "./head.ts";

/** Headings of the families, for lists of losses. */
export const familyTitles: Readonly<Record<HeadFamily, string>> = {
  classification: "Classification",
  regression: "Regression",
  counts: "Counts and amounts",
  distribution: "Distributions",
  ordinal: "Ordered classes",
  survival: "Survival times",
  ranking: "Pairs, rankings and sequences",
};
