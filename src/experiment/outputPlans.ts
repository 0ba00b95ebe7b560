import type { Plan } from "./plan.ts";

/** The plan as one of the network's outputs has it. */
export interface OutputPlan extends Plan {
  /** What the loss of the output is multiplied by before the losses are added; 1 where there is one. */
  readonly lossWeight: number;
}

/** One plan for each output that a loss reads, with the loss and the labels of that output; most plans have one. */
export function outputPlans(plan: Plan): readonly OutputPlan[] {
  const { heads } = plan;
  if (heads === undefined) return [{ ...plan, lossWeight: 1 }];
  return Object.entries(heads).map(([output, { weight = 1, options, ...own }]) => ({
    ...plan,
    ...own,
    output,
    lossOptions: options,
    lossWeight: weight,
  }));
}

/** The losses of a plan, in words. */
export function lossText(plan: Plan): string {
  const parts = outputPlans(plan);
  const name = ({ loss = "softmax" }: Plan) => loss;
  if (plan.heads === undefined) return name(parts[0]);
  const terms = parts.map(
    (part) => `${part.lossWeight === 1 ? "" : `${part.lossWeight} x `}${name(part)} of ${part.output}`,
  );
  return terms.join(" + ");
}
