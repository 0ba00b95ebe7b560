import { divergence } from "./curves.ts";
import { roundTicks } from "./roundTicks.ts";

export interface TerminalCurve {
  name: string;
  /** Values at equal distances; those that are not finite leave a gap. */
  values: readonly number[];
  /** Steps from one value to the next, 1 by default. */
  stepsPerValue?: number;
}

export interface TerminalChartOptions {
  /** Total number of columns; 80 by default. */
  width?: number;
  /** Total number of lines, including axis and legend; 18 by default. */
  height?: number;
  /** Colour by ANSI codes, besides the dashes. */
  color?: boolean;
  /** Number of steps on the axis, so that a live chart does not rescale; by default that of the longest curve. */
  steps?: number;
}

/** Dots drawn and left out in turn along a line; the dash of a curve tells it from the others without colour. */
const dashes: readonly (readonly [number, number])[] = [
  [1, 0],
  [4, 3],
  [1, 2],
  [7, 2],
  [2, 5],
];
const colors = [33, 36, 32, 35, 34];

/** Bits of the dots of a braille letter (2 wide, 4 high), by row and column: Unicode 15, block 2800. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** Dots on letters of 2 x 4, each letter with the index of the curve that drew on it last. */
class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #dots: Uint8Array;
  readonly #curve: Int8Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#dots = new Uint8Array(columns * rows);
    this.#curve = new Int8Array(columns * rows).fill(-1);
  }

  dot(x: number, y: number, curve: number): void {
    if (x < 0 || y < 0 || x >= 2 * this.columns || y >= 4 * this.rows) return;
    const cell = (y >> 2) * this.columns + (x >> 1);
    this.#dots[cell] |= bits[y & 3][x & 1];
    this.#curve[cell] = curve;
  }

  /** A line through points in dots, dashed along its length. A point with NaN leaves a gap. */
  line(points: readonly (readonly [number, number])[], curve: number): void {
    const [on, off] = dashes[curve % dashes.length];
    let length = 0;
    const step = (x: number, y: number) => {
      if (length++ % (on + off) < on) this.dot(Math.round(x), Math.round(y), curve);
    };
    let previous: readonly [number, number] | undefined;
    for (const point of points) {
      const [x, y] = point;
      if (Number.isNaN(y)) {
        previous = undefined;
        continue;
      }
      const [x0, y0] = previous ?? [x - 1, y];
      const count = Math.max(
        Math.abs(Math.round(x) - Math.round(x0)),
        Math.abs(Math.round(y) - Math.round(y0)),
      );
      for (let i = 1; i <= count; i++) step(x0 + ((x - x0) * i) / count, y0 + ((y - y0) * i) / count);
      previous = point;
    }
  }

  /** One row as text; `paint` colours a run of letters of one curve. */
  row(y: number, paint: (text: string, curve: number) => string): string {
    let [text, run] = ["", ""];
    for (let x = 0; x < this.columns; x++) {
      const cell = y * this.columns + x;
      const [dots, curve] = [this.#dots[cell], this.#curve[cell]];
      if (dots === 0) {
        text += " ";
        continue;
      }
      run += String.fromCharCode(0x2800 + dots);
      const runGoesOn = x + 1 < this.columns && this.#curve[cell + 1] === curve;
      if (!runGoesOn) [text, run] = [text + paint(run, curve), ""];
    }
    return text;
  }
}

/**
 * Curves as text: axes, a line of dots for each curve (solid, dashed, dotted, ...) and a legend with the last values.
 * Values above twice the highest first one are left out, so that a curve that runs away does not flatten the others;
 * the legend says so.
 */
export function terminalChart(curves: readonly TerminalCurve[], options: TerminalChartOptions = {}): string {
  const { width = 80, height = 18, color = false } = options;
  const steps = Math.max(
    options.steps ?? 1,
    1,
    ...curves.map(({ values, stepsPerValue = 1 }) => stepsPerValue * values.length),
  );
  const cap = 2 * Math.max(...curves.flatMap(({ values }) => values.find(Number.isFinite) ?? []));
  const shown = curves.map(({ values }) =>
    values.map((v) => (Number.isFinite(v) && v <= cap ? v : Number.NaN)),
  );
  const [low, high] = range(shown.flat().filter((v) => !Number.isNaN(v)));
  const ticks = roundTicks(low, high, Math.max(2, Math.floor(height / 3)));
  const decimals = Math.max(0, ...ticks.map((t) => (String(t).split(".")[1] ?? "").length));
  const tickTexts = ticks.map((t) => t.toFixed(Math.min(6, decimals)));
  const margin = Math.max(4, ...tickTexts.map((t) => t.length)) + 2;
  const paint = (text: string, curve: number) =>
    color ? `\u001b[${colors[curve % colors.length]}m${text}\u001b[39m` : text;

  const legend = legendLines(curves, cap, width, paint);
  const canvas = new Canvas(Math.max(2, width - margin), Math.max(2, height - 2 - legend.length));
  const [right, bottom] = [2 * canvas.columns - 1, 4 * canvas.rows - 1];
  const x = (step: number) => (steps > 1 ? ((step - 1) / (steps - 1)) * right : right / 2);
  const y = (value: number) => ((high - value) / (high - low)) * bottom;
  shown.forEach((values, curve) => {
    const { stepsPerValue = 1 } = curves[curve];
    canvas.line(
      values.map((value, i) => [x(stepsPerValue * (i + 1)), y(value)]),
      curve,
    );
  });

  const labels = new Map(ticks.map((t, i) => [Math.round(y(t)) >> 2, tickTexts[i]]));
  const body = Array.from({ length: canvas.rows }, (_, row) => {
    const label = labels.get(row);
    const axis = label === undefined ? "│".padStart(margin) : `${label} ┤`.padStart(margin);
    return axis + canvas.row(row, paint);
  });
  const stepAxis = stepLines(steps, canvas.columns, (step) => Math.round(x(step)) >> 1);
  return [...body, ...stepAxis.map((line, i) => (i === 0 ? "└" : " ").padStart(margin) + line), ...legend]
    .map((line) => line.trimEnd())
    .join("\n");
}

function range(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const margin = high > low ? 0.02 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [low - margin, high + margin];
}

/** The axis with its marks, and the numbers below them, as far as they have room. */
function stepLines(steps: number, columns: number, column: (step: number) => number): [string, string] {
  const axis = Array.from({ length: columns }, () => "─");
  let numbers = "";
  for (const step of [...new Set([1, ...roundTicks(1, steps, Math.max(2, columns / 12), 1)])]) {
    const text = step === 1 ? "step 1" : String(step);
    const centred = column(step) - (step === 1 ? 0 : Math.floor(text.length / 2));
    const start = Math.max(0, Math.min(centred, columns - text.length));
    if (numbers !== "" && start < numbers.length + 2) continue;
    axis[column(step)] = "┬";
    numbers = numbers.padEnd(start) + text;
  }
  return [axis.join(""), numbers];
}

/** A piece of each line with name and last value, as many a line as have room. */
function legendLines(
  curves: readonly TerminalCurve[],
  cap: number,
  width: number,
  paint: (text: string, curve: number) => string,
): string[] {
  const lines: string[] = [];
  let room = 0;
  curves.forEach(({ name, values }, curve) => {
    const sample = new Canvas(5, 1);
    sample.line(
      Array.from({ length: 10 }, (_, x) => [x, 1]),
      curve,
    );
    const text = ` ${name} ${lastValue(values, cap)}`;
    const size = sample.columns + text.length;
    const entry = sample.row(0, paint) + text;
    if (lines.length === 0 || size + 3 > room) {
      lines.push(`  ${entry}`);
      room = width - 2 - size;
    } else {
      lines[lines.length - 1] += `   ${entry}`;
      room -= size + 3;
    }
  });
  return lines;
}

function lastValue(values: readonly number[], cap: number): string {
  if (values.length === 0) return "-";
  const end = divergence(values);
  if (end !== undefined) return `not finite from step ${end + 1} on`;
  const last = values[values.length - 1];
  return last > cap ? `${last.toPrecision(4)} (off the scale)` : last.toFixed(4);
}
