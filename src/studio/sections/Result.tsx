import { batch, computed } from "@preact/signals";
import { cifar10Classes, originalCounts } from "../../data/originalSubset.ts";
import { InputError } from "../../errors.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import { labelFrequencies } from "../../plot/figures/labelFrequencies.ts";
import { lossByBias } from "../../plot/figures/lossByBias.ts";
import { type Answer, answer } from "../answer.ts";
import { CopyButton } from "../components/CopyButton.tsx";
import { Figure } from "../components/Figure.tsx";
import { Losses } from "../components/Losses.tsx";
import { NumberField } from "../components/NumberField.tsx";
import { Problem } from "../components/Problem.tsx";
import { grouped, percent, short } from "../format.ts";
import { className, counts, names } from "../state.ts";

/** Classes beyond these are only counted. */
const shown = 20;

const result = computed((): { answer: Answer } | { problem: string } => {
  try {
    const labels = fromCounts(counts.value, { names: counts.value.map((_, k) => className(k)) });
    return { answer: answer({ loss: "softmax", labels, options: {}, batchSize: 256 }) };
  } catch (error) {
    if (error instanceof InputError) return { problem: error.message };
    throw error;
  }
});

const examples = [
  { name: "Ten kinds of image", counts: originalCounts, names: cifar10Classes },
  { name: "Card fraud", counts: [284_315, 492], names: ["honest", "fraud"] },
  { name: "Spam", counts: [4825, 747], names: ["wanted", "spam"] },
  { name: "Four balanced classes", counts: [500, 500, 500, 500], names: ["north", "east", "south", "west"] },
] as const;

/** The answer that stands before any click: class counts, their bias, and the loss with and without it. */
export function Result() {
  return (
    <section id="result" class="first" aria-labelledby="result-title">
      <h1 id="result-title" tabIndex={-1}>
        What should the loss be before any training?
      </h1>
      <p class="lead">
        The number of rows in each class determines the bias that the output layer should start from, and the
        loss that an untrained classifier must then show. If yours shows another number, something is wrong,
        and you know it before the first epoch.
      </p>
      <p class="choices">
        <span>Try: </span>
        {examples.map((example) => (
          <button
            key={example.name}
            type="button"
            class="quiet"
            onClick={() =>
              batch(() => {
                counts.value = example.counts;
                names.value = example.names;
              })
            }
          >
            {example.name}
          </button>
        ))}
      </p>
      {"problem" in result.value ? (
        <div class="columns">
          <CountTable bias={[]} />
          <Problem message={result.value.problem} />
        </div>
      ) : (
        <Answered {...result.value.answer} />
      )}
    </section>
  );
}

function Answered({ solution, figures }: Answer) {
  return (
    <>
      <Losses solution={solution} />
      <div class="columns">
        <div>
          <CountTable bias={solution.bias} />
          <p>
            <CopyButton text={() => `[${solution.bias.join(", ")}]`}>Copy the bias</CopyButton>
          </p>
        </div>
        <div>
          {figures?.frequencies && (
            <Figure figure={labelFrequencies} data={figures.frequencies} height={330} />
          )}
          {figures && <Figure figure={lossByBias} data={figures.loss} height={330} />}
        </div>
      </div>
    </>
  );
}

function CountTable({ bias }: { readonly bias: readonly number[] }) {
  const total = counts.value.reduce((sum, count) => sum + count, 0);
  const change = (k: number, count: number) => {
    counts.value = counts.value.map((old, i) => (i === k ? count : old));
  };
  const more = counts.value.length - shown;
  return (
    <table class="counts">
      <caption>Drag a number sideways, or type another.</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col">Rows</th>
          <th scope="col">Frequency</th>
          <th scope="col">Bias = ln frequency</th>
        </tr>
      </thead>
      <tbody>
        {counts.value.slice(0, shown).map((count, k) => (
          <tr key={k}>
            <th scope="row">{className(k)}</th>
            <td>
              <NumberField
                value={count}
                label={`Rows of ${className(k)}`}
                min={0}
                max={1e9}
                integer
                onChange={(value) => change(k, value)}
              />
            </td>
            <td>{total > 0 ? percent(count / total) : ""}</td>
            <td>{bias[k] === undefined ? "" : short(bias[k])}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{more > 0 ? `and ${more} more, in all` : "in all"}</th>
          <td>{grouped(total)}</td>
          <td />
          <td />
        </tr>
      </tfoot>
    </table>
  );
}
