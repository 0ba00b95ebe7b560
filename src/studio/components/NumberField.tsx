import { useRef } from "preact/hooks";

interface Props {
  readonly value: number;
  /** What it is, for those who cannot see where it stands. */
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** Whole numbers only. */
  readonly integer?: boolean;
  readonly id?: string;
  onChange(value: number): void;
}

/** Pixels of dragging that multiply the number by e. */
const pixelsPerFold = 90;

const rounded = (value: number) => Number(value.toPrecision(3));

/**
 * A number in the text that can be typed, stepped with the arrow keys, or dragged sideways. Dragging multiplies, so that
 * 50 and 4,000 feel alike.
 */
export function NumberField({ value, label, min, max, integer = false, id, onChange }: Props) {
  const drag = useRef<{ x: number; from: number; moved: boolean }>(undefined);
  const set = (next: number) => {
    if (Number.isFinite(next)) onChange(Math.min(max, Math.max(min, integer ? Math.round(next) : next)));
  };
  return (
    <input
      class="draggable"
      type="number"
      id={id}
      aria-label={label}
      title="Drag sideways, or type"
      value={value}
      min={min}
      max={max}
      step={integer ? 1 : "any"}
      style={{ width: `${Math.max(3, String(value).length + 1)}ch` }}
      onInput={({ currentTarget }) => currentTarget.value !== "" && set(Number(currentTarget.value))}
      onPointerDown={(event) => {
        drag.current = { x: event.clientX, from: Math.max(value, integer ? 1 : min), moved: false };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const { current } = drag;
        if (!current) return;
        const distance = event.clientX - current.x;
        current.moved ||= Math.abs(distance) > 3;
        if (current.moved) set(rounded(current.from * Math.exp(distance / pixelsPerFold)));
      }}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onPointerCancel={() => {
        drag.current = undefined;
      }}
    />
  );
}
