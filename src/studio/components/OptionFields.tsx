import { type OptionSpec, rangeText } from "../../heads/options.ts";
import { found, given, specs } from "../labels.ts";

/** The options of the chosen loss, from their descriptions, as the command line's flags are. */
export function OptionFields() {
  const set = Object.keys(given.options.value).filter((name) => given.options.value[name] !== "");
  return (
    <details open={set.length > 0}>
      <summary>Options of {found.value.value?.head.name ?? "the loss"}</summary>
      <div class="settings">
        {Object.entries(specs.value).map(([name, spec]) => (
          <OptionField key={name} name={name} spec={spec} />
        ))}
      </div>
    </details>
  );
}

/** `labelSmoothing` as words. */
const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function OptionField({ name, spec }: { readonly name: string; readonly spec: OptionSpec }) {
  const implied = found.value.value?.options[name] ?? spec.default;
  const standard = Array.isArray(implied) ? "1" : String(implied);
  const value = given.options.value[name] ?? "";
  const set = (text: string) => {
    given.options.value = { ...given.options.value, [name]: text };
  };
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: one of the two controls is inside
    <label title={spec.doc}>
      {words(name)}
      {spec.type === "choice" ? (
        <select value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
          <option value="">{standard} (default)</option>
          {spec.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          type="text"
          placeholder={`${standard} (default)`}
          value={value}
          onChange={({ currentTarget }) => set(currentTarget.value)}
        />
      )}
      <small>
        {spec.doc}
        {spec.type !== "choice" && `; ${rangeText(spec.range)}`}
        {spec.type === "list" && ` per ${spec.per}`}
        {spec.type === "list" && spec.balanced && ", or balanced"}
      </small>
    </label>
  );
}
