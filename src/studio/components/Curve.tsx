import { useRef } from "preact/hooks";

export interface Mark {
  readonly x: number;
  readonly name: string;
  /** A colour of the style sheet: `--prior`. */
  readonly color: string;
}

interface Props {
  /** What the curve shows, for those who cannot see it. */
  readonly label: string;
  readonly range: readonly [low: number, high: number];
  /** Height of the plot, from 0, in units of the curve. */
  readonly top: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly marks: readonly Mark[];
  at(x: number): number;
  /** Called where the pointer is pressed or dragged. */
  onPick?(x: number): void;
}

const [width, height] = [560, 250];
const margin = { left: 46, right: 12, top: 12, bottom: 40 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
const points = 140;

/** A function as a curve that follows at once, with points on it; one of them may be moved by the finger. */
export function Curve({ label, range, top, xLabel, yLabel, marks, at, onPick }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const [low, high] = range;
  const x = (value: number) => margin.left + (inner.width * (value - low)) / (high - low);
  const y = (value: number) => margin.top + inner.height * (1 - Math.min(value, top) / top);
  const line = Array.from({ length: points + 1 }, (_, i) => low + ((high - low) * i) / points)
    .filter((value) => at(value) <= top)
    .map((value) => `${x(value).toFixed(1)},${y(at(value)).toFixed(1)}`)
    .join(" ");
  const pick = (event: PointerEvent) => {
    if (!onPick || event.buttons === 0) return;
    const box = svg.current!.getBoundingClientRect();
    const inside = ((event.clientX - box.left) * width) / box.width - margin.left;
    onPick(Math.min(high, Math.max(low, low + ((high - low) * inside) / inner.width)));
  };
  return (
    <svg
      ref={svg}
      class={onPick ? "curve touch" : "curve"}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      onPointerDown={pick}
      onPointerMove={pick}
    >
      <title>{label}</title>
      {ticks(low, high, 7).map((tick) => (
        <g key={tick}>
          <line class="grid" x1={x(tick)} x2={x(tick)} y1={margin.top} y2={height - margin.bottom} />
          <text x={x(tick)} y={height - margin.bottom + 15} text-anchor="middle">
            {tick}
          </text>
        </g>
      ))}
      {ticks(0, top, 5).map((tick) => (
        <g key={tick}>
          <line class="grid" x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} />
          <text x={margin.left - 6} y={y(tick) + 4} text-anchor="end">
            {tick}
          </text>
        </g>
      ))}
      <text x={margin.left + inner.width / 2} y={height - 6} text-anchor="middle">
        {xLabel}
      </text>
      <text
        x={12}
        y={margin.top + inner.height / 2}
        transform={`rotate(-90 12 ${margin.top + inner.height / 2})`}
        text-anchor="middle"
      >
        {yLabel}
      </text>
      <polyline class="line" points={line} />
      {marks.map(({ x: place, name, color }) => (
        <g key={name}>
          <circle cx={x(place)} cy={y(at(place))} r="6" style={{ fill: `var(${color})` }}>
            <title>{name}</title>
          </circle>
        </g>
      ))}
    </svg>
  );
}

/** Round numbers from low to high, about so many. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}
