import { useRef } from "preact/hooks";

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Props {
  readonly label: string;
  readonly range: readonly [low: number, high: number];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly here: Point;
  readonly best: Point;
  /** The largest loss that is told apart. */
  readonly top: number;
  at(point: Point): number;
  onPick(point: Point): void;
}

const size = 320;
const margin = 36;
const cells = 36;
const cell = (size - margin) / cells;

/** The loss over two numbers as shades, with a point that the finger moves. */
export function LossMap({ label, range: [low, high], xLabel, yLabel, here, best, top, at, onPick }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const place = (value: number) => ((value - low) / (high - low)) * (size - margin);
  const x = (value: number) => margin + place(value);
  const y = (value: number) => size - margin - place(value);
  const middle = (i: number) => low + ((i + 0.5) * (high - low)) / cells;
  const least = at(best);
  const shade = (loss: number) => Math.round(88 - 80 * Math.min(1, (loss - least) / (top - least)) ** 0.5);
  const pick = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const box = svg.current!.getBoundingClientRect();
    const inside = (pixels: number, length: number) => (pixels * size) / length;
    const value = (at: number) => Math.min(high, Math.max(low, low + (at / (size - margin)) * (high - low)));
    onPick({
      x: value(inside(event.clientX - box.left, box.width) - margin),
      y: value(size - margin - inside(event.clientY - box.top, box.height)),
    });
  };
  const indices = Array.from({ length: cells }, (_, i) => i);
  return (
    <svg
      ref={svg}
      class="curve touch map"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      onPointerDown={pick}
      onPointerMove={pick}
    >
      <title>{label}</title>
      {indices.flatMap((i) =>
        indices.map((j) => (
          <rect
            key={`${i} ${j}`}
            x={margin + i * cell}
            y={size - margin - (j + 1) * cell}
            width={cell + 0.5}
            height={cell + 0.5}
            style={{
              fill: `color-mix(in srgb, var(--prior) ${shade(at({ x: middle(i), y: middle(j) }))}%, var(--paper))`,
            }}
          />
        )),
      )}
      <circle cx={x(best.x)} cy={y(best.y)} r="7" class="ring" />
      <circle cx={x(here.x)} cy={y(here.y)} r="6" style={{ fill: "var(--zero)" }} />
      <text x={margin + (size - margin) / 2} y={size - 10} text-anchor="middle">
        {xLabel}
      </text>
      <text
        x={14}
        y={(size - margin) / 2}
        transform={`rotate(-90 14 ${(size - margin) / 2})`}
        text-anchor="middle"
      >
        {yLabel}
      </text>
    </svg>
  );
}
