import type { Head } from "../../src/heads/head.ts";
import type { Options } from "../../src/heads/options.ts";

/** Every combination of a head's choices, and of the given values of its options that are numbers. */
export function optionCombinations(head: Head, numbers: Record<string, readonly number[]> = {}): Options[] {
  const axes = Object.entries(head.options).flatMap(
    ([name, spec]): [string, readonly (string | number)[]][] => {
      if (spec.type === "choice") return [[name, spec.choices]];
      return spec.type === "number" && numbers[name] ? [[name, [spec.default, ...numbers[name]]]] : [];
    },
  );
  return axes.reduce<Options[]>(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}
