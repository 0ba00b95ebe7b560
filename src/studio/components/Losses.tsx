import type { Solution } from "../../heads/solve.ts";
import { lossText } from "../format.ts";

/** The two losses that a solution is about, large, and what lies between them. */
export function Losses({ solution }: { readonly solution: Solution }) {
  const { expectedLoss, lossAtZero } = solution;
  const known = expectedLoss !== null && lossAtZero !== null;
  return (
    <dl class="losses">
      <div class="prior">
        <dt>Loss with this bias</dt>
        <dd>{lossText(expectedLoss)}</dd>
      </div>
      <div class="zero">
        <dt>Loss with bias 0</dt>
        <dd>{lossText(lossAtZero)}</dd>
      </div>
      {known && (
        <div>
          <dt>Saved before the first step</dt>
          <dd>{lossText(lossAtZero - expectedLoss)}</dd>
        </div>
      )}
    </dl>
  );
}
