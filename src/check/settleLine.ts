import type { LossFacts, LossTerm } from "./lossTerm.ts";

/** The command that would tell whether an explanation holds. */
export function settleLine({ name }: LossTerm, loss: string, facts: LossFacts): string {
  const { head } = facts;
  const ofLoss = head === undefined ? "" : ` --loss ${typeof head === "string" ? head : head.name}`;
  const check = `baserate check --outputs outputs.npy --labels labels.npy${ofLoss} --reported-loss ${loss.replace("~", "")}`;
  if (name.includes("micro-batches")) return `${check} --accumulate ${facts.accumulate ?? "N"}`;
  if (name === "padding in the divisor") return `${check} --ignore-index -100`;
  if (name === "uneven predictions") return `baserate why ${loss}${ofLoss} --counts counts.npy`;
  if (name === "targets not standardised")
    return `baserate solve labels.csv${ofLoss || " --loss squared-error"}`;
  return check;
}
