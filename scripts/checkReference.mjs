// The reference population of docs/check.md: how large the outputs of untrained networks are, and how far their mean is
// from the bias, over the sound set-ups that scripts/checkFamilies.py left in bench/results/families/look. The thresholds
// of src/check/reference.ts are read off this table.
//   node scripts/checkReference.mjs
import { readdirSync, readFileSync } from "node:fs";
import { checkOutputs, fromCounts } from "../dist/index.js";

const folder = "bench/results/families/look";
const found = readdirSync(folder)
  .filter((name) => name.endsWith(".f"))
  .flatMap((name) => {
    const file = readFileSync(`${folder}/${name}`);
    const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
    return JSON.parse(readFileSync(`${folder}/${name.replace(/f$/, "json")}`, "utf8"))
      .filter(({ setup, given, bug }) => bug === null && setup === "prior" && given)
      .map(({ start, outputs, labels, counts, head, given, rows, ...one }) => {
        const report = checkOutputs({
          head,
          given,
          rows,
          outputs: Float64Array.from(new Float32Array(bytes, start, outputs)),
          labels: Array.from(
            new Float64Array(bytes.slice(start + 4 * outputs, start + 4 * outputs + 8 * labels)),
          ),
          training: counts && fromCounts(counts),
        });
        const { between, constant } = report.outputVariance;
        return {
          ...one,
          width: outputs / rows,
          deviation: Math.sqrt(between),
          offset: Math.sqrt(constant),
          report,
        };
      });
  })
  .filter(({ deviation }) => deviation > 1e-3);

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
const line = (title, values) =>
  `| ${[title, values.length, ...[0.01, 0.1, 0.5, 0.9, 0.99, 1].map((q) => quantile(values, q).toPrecision(3))].join(" | ")} |`;
const few = found.filter(({ width }) => width < 5);
const many = found.filter(({ width }) => width >= 5);
const excess = ({ report: { measuredLoss, expectedLoss } }) => measuredLoss / expectedLoss;
console.log(
  [
    "| sound set-ups at the prior | number | 1 % | 10 % | half | 90 % | 99 % | most |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
    line(
      "deviation between inputs, 1 to 4 outputs",
      few.map(({ deviation }) => deviation),
    ),
    line(
      "deviation between inputs, 5 outputs or more",
      many.map(({ deviation }) => deviation),
    ),
    line(
      "distance of the mean output from the bias / deviation",
      found.map(({ offset, deviation }) => offset / deviation),
    ),
    line(
      "the same, 5 outputs or more",
      many.map(({ offset, deviation }) => offset / deviation),
    ),
    line("loss / expected loss", found.filter(({ report }) => report.expectedLoss > 0).map(excess)),
  ].join("\n"),
);
