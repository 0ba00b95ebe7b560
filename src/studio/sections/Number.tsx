import { computed } from "@preact/signals";
import { explainLoss, type LossExplanation, type LossVerdict } from "../../check/explainLoss.ts";
import type { LossFacts } from "../../check/lossTerm.ts";
import { InputError } from "../../errors.ts";
import { addressed, text } from "../address.ts";
import { TextField } from "../components/fields.tsx";
import { Problem } from "../components/Problem.tsx";
import { percent, significant } from "../format.ts";
import { given, labels } from "../labels.ts";

const number = addressed("why", "", text);

/** What may be known of the program; each is a number as text, empty where it is not known. */
const facts = {
  classes: addressed("why.classes", "", text),
  batchSize: addressed("why.batch", "", text),
  labelsPerRow: addressed("why.perRow", "", text),
  places: addressed("why.places", "", text),
  accumulate: addressed("why.accumulate", "", text),
  devices: addressed("why.devices", "", text),
};
const useLabels = addressed("why.labels", "", text);

const labelsOfFacts: Readonly<Record<keyof typeof facts, string>> = {
  classes: "Classes",
  batchSize: "Rows per batch",
  labelsPerRow: "Labels per row",
  places: "Tokens or pixels per input",
  accumulate: "Micro-batches per step",
  devices: "Devices",
};

const examples = [
  { number: "82.99", classes: "32000", what: "a language model of 32,000 tokens" },
  { number: "87.3365", classes: "", what: "a softmax that stays there" },
  { number: "0.6931", classes: "", what: "a classifier that does not move" },
] as const;

const verdict = computed((): { verdict?: LossVerdict; problem?: string } => {
  if (number.value.trim() === "") return {};
  const known = Object.entries(facts).flatMap(([name, value]) =>
    value.value === "" ? [] : [[name, Number(value.value)] as const],
  );
  const fromLabels: LossFacts =
    useLabels.value === "yes" ? { labels: labels.value.value?.summary, head: given.loss.value } : {};
  try {
    return { verdict: explainLoss(number.value, { ...Object.fromEntries(known), ...fromLabels }) };
  } catch (error) {
    if (error instanceof InputError) return { problem: error.message };
    throw error;
  }
});

/** A loss number in, what it is consistent with out. */
export function Section() {
  const { verdict: found, problem } = verdict.value;
  return (
    <>
      <p>
        Your program shows a loss that looks odd? Type it as it was printed, with what you know, and see which
        causes it is consistent with.
      </p>
      <div class="settings">
        <TextField label="The loss, as printed" value={number} />
        {Object.entries(facts).map(([name, value]) => (
          <TextField key={name} label={labelsOfFacts[name as keyof typeof facts]} value={value} />
        ))}
        <label>
          Labels and loss
          <select
            value={useLabels.value}
            onChange={({ currentTarget }) => {
              useLabels.value = currentTarget.value;
            }}
          >
            <option value="">not known</option>
            <option value="yes">those of “Your labels”</option>
          </select>
        </label>
      </div>
      <p class="choices">
        <span>Try: </span>
        {examples.map((example) => (
          <button
            key={example.number}
            type="button"
            class="quiet"
            onClick={() => {
              number.value = example.number;
              facts.classes.value = example.classes;
            }}
          >
            {example.number}: {example.what}
          </button>
        ))}
      </p>
      <Problem message={problem} />
      <div aria-live="polite">{found && <Verdict verdict={found} />}</div>
    </>
  );
}

function Verdict({ verdict: { loss, explanations, unexplained } }: { readonly verdict: LossVerdict }) {
  if (explanations.length === 0) {
    return (
      <p>
        Nothing known here explains {loss}. Save the untrained network's outputs and labels, and see “Your
        outputs”.
      </p>
    );
  }
  return (
    <>
      <p>
        {loss} is consistent with the following, the likeliest first. Something else: {percent(unexplained)}.
      </p>
      <ol class="explanations">
        {explanations.map((explanation) => (
          <Explanation key={`${explanation.name} ${explanation.formula}`} explanation={explanation} />
        ))}
      </ol>
    </>
  );
}

function Explanation({ explanation }: { readonly explanation: LossExplanation }) {
  const { name, formula, what, value, difference, share, chance, fix, settle } = explanation;
  return (
    <li>
      <h3>
        {name} <span class="share">{percent(share)}</span>
      </h3>
      <p>
        <code>{formula}</code>
        {value !== null && ` = ${significant(value)}`}
        {difference !== null && difference !== 0 && ` (off by ${significant(difference)})`}: {what}.
        {chance !== null && ` A random number matches as well in ${percent(chance)} of cases.`}
      </p>
      <p class="sentence">{fix}.</p>
      <p class="note">
        To settle it: <code>{settle}</code>
      </p>
    </li>
  );
}
