import type { Signal } from "@preact/signals";

interface FieldProps {
  readonly label: string;
  readonly value: Signal<string>;
}

/** A text with its label. It counts when it is finished. */
export function TextField({ label, value }: FieldProps) {
  return (
    <label>
      {label}
      <input
        type="text"
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value.trim();
        }}
      />
    </label>
  );
}

interface ChoiceProps extends FieldProps {
  readonly choices: readonly string[];
  /** What the empty choice is called. */
  readonly empty?: string;
}

/** One of a few words. */
export function Choice({ label, value, choices, empty }: ChoiceProps) {
  return (
    <label class="field">
      {label}
      <select
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice === "" ? empty : choice}
          </option>
        ))}
      </select>
    </label>
  );
}
