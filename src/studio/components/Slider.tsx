import type { Signal } from "@preact/signals";

interface Props {
  readonly label: string;
  readonly value: Signal<number>;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  show(value: number): string;
}

/** A number on a scale, with its value beside it. */
export function Slider({ label, value, min, max, step, show }: Props) {
  return (
    <label class="slider">
      <span>
        {label} <strong>{show(value.value)}</strong>
      </span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value.value}
        aria-label={label}
        aria-valuetext={show(value.value)}
        onInput={({ currentTarget }) => {
          value.value = Number(currentTarget.value);
        }}
      />
    </label>
  );
}
