import { describe, expect, test } from "vitest";
import { resolveAll } from "../../src/heads/bind.ts";
import { type Head, linkOf, type ResolvedOptions } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { optionCombinations } from "./combinations.ts";

/** Outputs of the head's cell, where it has several for any labels. */
function widthOf(head: Head, options: ResolvedOptions): number {
  if (head.width === undefined) return 1;
  if (head.reads === "numbers") return head.width(undefined as never, options);
  return 4;
}

const cases = heads.flatMap((head) =>
  optionCombinations(head, { epsilon: [1, 3], components: [1, 3] }).map((given) => {
    const options = resolveAll(head, given);
    return { title: `${head.name} ${JSON.stringify(given)}`, head, options, link: linkOf(head, options) };
  }),
);

/** Outputs from a few units around 0, drawn for a case. */
const outputsOf = ({ title, head, options }: (typeof cases)[number]) => {
  const { normal } = seededRandom(1, title);
  return Array.from({ length: 50 }, () => Array.from({ length: widthOf(head, options) }, () => 2 * normal()));
};

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 9));

describe("links", () => {
  const invertible = cases.filter(({ link }) => link.inverse);

  test("only the link of a direction has no inverse", () => {
    const without = cases.filter(({ link }) => !link.inverse).map(({ head }) => head.name);
    expect([...new Set(without)]).toEqual(["cosine-similarity"]);
  });

  test.each(invertible)("the inverse gives the outputs of predictions: $title", (item) => {
    const { link, head } = item;
    let compared = 0;
    for (const output of outputsOf(item)) {
      const prediction = link.apply(output);
      const back = link.inverse!(prediction);
      expect(link.apply(back)).toEqual(close(prediction));
      if (isClamped(item, output)) continue;
      compared++;
      const centre = head.centre ?? ((z) => Array.from(z));
      const [was, is] = link.name.startsWith("softmax, ")
        ? [output, back].map((z) => mixtureCentred(z))
        : [centre(output), centre(back)];
      expect(is).toEqual(close(was));
    }
    expect(compared).toBeGreaterThan(0);
  });

  test.each(cases)("predictions lie within the bounds: $title", (item) => {
    const { link } = item;
    for (const output of outputsOf(item)) {
      const outside = link.apply(output).filter((value) => !(value >= link.low && value <= link.high));
      expect(outside).toEqual([]);
    }
  });

  test.each(cases.filter(({ link }) => link.slope))("the slope is the derivative: $title", (item) => {
    const { link } = item;
    for (const output of outputsOf(item)) {
      if (isClamped(item, output)) continue;
      const h = 1e-5;
      const [up, down] = [h, -h].map((step) => link.apply(output.map((z) => z + step)));
      const differences = up.map((value, k) => (value - down[k]) / (2 * h));
      // each prediction moves with its own output alone, so that moving all at once moves each by its own slope
      link.slope!(output).forEach((slope, k) => {
        expect(Math.abs(slope - differences[k])).toBeLessThan(1e-7 * Math.max(1, Math.abs(slope)));
      });
    }
  });
});

/** Whether an output lies where its link is flat: below the bound of a clamp. */
function isClamped({ link, head, options }: (typeof cases)[number], output: readonly number[]): boolean {
  if (link.name === "relu" || link.name === "clamp") return output.some((z) => z <= link.low + 1e-4);
  return head.name === "gaussian-nll" && options.scale === "variance"
    ? output[1] <= (options.epsilon as number) + 1e-4
    : false;
}

/** A mixture's logits shifted to mean 0; means and log deviations as they are. */
function mixtureCentred(z: readonly number[]): number[] {
  const k = z.length / 3;
  const mean = z.slice(0, k).reduce((a, b) => a + b, 0) / k;
  return z.map((value, i) => (i < k ? value - mean : value));
}
