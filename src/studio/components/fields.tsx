import type { Signal } from "@preact/signals";

interface FieldProps {
  readonly label: string;
  /** The command line's flag for it, by which messages call it. */
  readonly flag?: string;
  readonly value: Signal<string>;
}

const Name = ({ label, flag }: Pick<FieldProps, "label" | "flag">) => (
  <span>
    {label} {flag && <code>{flag}</code>}
  </span>
);

/** A text with its label. It counts when it is finished. */
export function TextField({ label, flag, value }: FieldProps) {
  return (
    <label>
      <Name label={label} flag={flag} />
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
  /** What others are called, where not by their value. */
  readonly names?: Readonly<Record<string, string>>;
}

/** One of a few words. */
export function Choice({ label, flag, value, choices, empty, names = {} }: ChoiceProps) {
  return (
    <label class="field">
      <Name label={label} flag={flag} />
      <select
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice === "" ? empty : (names[choice] ?? choice)}
          </option>
        ))}
      </select>
    </label>
  );
}
