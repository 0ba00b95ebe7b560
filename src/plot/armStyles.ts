import { palette } from "./svg.ts";

/** How an arm looks in every figure: colour, and a dash so that it is told apart without colour too. */
export interface ArmStyle {
  color: string;
  /** As in SVG's stroke-dasharray; undefined is solid. */
  dash: string | undefined;
  /** Name of a Plot symbol. */
  symbol: "circle" | "square" | "triangle" | "diamond" | "star";
}

const known: Record<string, ArmStyle> = {
  zero: { color: palette.vermilion.light, dash: undefined, symbol: "circle" },
  prior: { color: palette.blue.light, dash: "6 3", symbol: "square" },
  calibrated: { color: palette.green.light, dash: "2 2", symbol: "triangle" },
};

const others: readonly ArmStyle[] = [
  { color: palette.purple.light, dash: "8 2 2 2", symbol: "diamond" },
  { color: palette.ochre.light, dash: "10 4", symbol: "star" },
];

/** The style of each arm: the three usual ones always look the same, further ones take turns. */
export function armStyles(arms: readonly string[]): Map<string, ArmStyle> {
  let next = 0;
  return new Map(
    arms.map((arm) => [arm, Object.hasOwn(known, arm) ? known[arm] : others[next++ % others.length]]),
  );
}
