// Draws the newest bench result as docs/figures/peers.svg. Usage: node bench/figure.mjs [RESULT.json]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runnerImport } from "vite";
import { drawFigure } from "../dist/plot.js";

const {
  module: { peerRatios },
} = await runnerImport(join(import.meta.dirname, "peerRatios.ts"));
const results = join(import.meta.dirname, "results");
const file =
  process.argv[2] ??
  join(
    results,
    readdirSync(results)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .at(-1),
  );
const { measures, rows } = JSON.parse(readFileSync(file, "utf8"));
const shown = {
  wholeRun: "whole experiment, time",
  peakMemory: "whole experiment, peak memory",
  pair: "a step of both arms",
  oneThread: "a step on one thread",
  perHour: "time per training, many seeds",
};
const bars = rows.map(({ measure, name, ratio }) => ({
  measure: shown[measure] ?? measures[measure],
  name,
  ratio,
  moreIsBetter: measure === "perHour",
}));
writeFileSync(join(import.meta.dirname, "../docs/figures/peers.svg"), await drawFigure(peerRatios, bars));
