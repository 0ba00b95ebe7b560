import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { defineConfig } from "tsdown";

/** The entries of the package that programs import, one file of exports each. */
const library = {
  index: "src/index.ts",
  train: "src/train.ts",
  models: "src/models.ts",
  plot: "src/plot.ts",
  node: "src/node.ts",
};

/**
 * Packages whose code goes into dist/, because they consist of many small files: to load them from there takes a quarter
 * of the processor time (docs/performance.md). Types still come from the packages.
 */
const bundledPackages = ["commander", "zod", "yaml", "@bufbuild/protobuf"];
const bundled = new RegExp(`^(${bundledPackages.join("|")})(/|$)`);

/** The licences of the bundled packages, which have to go with their code. */
function licenses(): string {
  const texts = bundledPackages.map((name) => {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const text = existsSync(`${folder}/LICENSE`)
      ? `\n\n${readFileSync(`${folder}/LICENSE`, "utf8").trim()}`
      : "";
    return `${name} ${version}: ${license}${text}`;
  });
  return `The files in this folder contain code of these packages.\n\n${texts.join("\n\n---\n\n")}\n`;
}

/** Commander starts other programs for commands that are programs of their own; there are none here, and it costs 4 ms. */
const withoutChildProcess = {
  name: "commander-without-child-process",
  transform: {
    filter: { id: /node_modules\/commander\/lib\/command\.js$/ },
    handler: (code: string) => code.replace("require('node:child_process')", "undefined"),
  },
};

export default defineConfig({
  entry: {
    ...library,
    cli: "src/cli/main.ts",
    armWorker: "src/experiment/armWorker.ts",
    sessionThread: "src/runtime/sessionThread.ts",
  },
  format: "esm",
  target: "node20",
  platform: "node",
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  deps: {
    alwaysBundle: (id, importer) => !importer?.endsWith(".d.ts") && bundled.test(id),
    neverBundle: [/^node:/],
  },
  plugins: [withoutChildProcess],
  dts: { entry: Object.values(library) },
  // Few files, since opening each costs a millisecond of the command line's start: what every command needs is one chunk.
  // The groups hold code alone: a declaration file in one of them would be lost.
  outputOptions: {
    comments: { jsdoc: false },
    codeSplitting: {
      groups: [
        {
          name: "base",
          test: /src\/(errors|version|plot\/(table|wrapText)|math\/(grouped|significant))\.ts$/,
        },
        // With what they need of math. What only reads labels, checks, or writes lines of code is not loaded by `solve --counts`.
        {
          name: "heads",
          test: /src\/(heads\/(?!(calibrate|snippets|snippetValues|solveHeads|summaryOf)\.).*|labels\/fromCounts)(?<!\.d)\.ts$/,
        },
        { name: "labels", test: /src\/(labels|math|heads)\/.*(?<!\.d)\.ts$/ },
        {
          name: "terminal",
          test: /node_modules\/commander\/|src\/cli\/(interrupt|text|numbers|hasColor|progressLine|progress)\./,
        },
        {
          name: "flags",
          test: /src\/(cli\/(headFlags|labelFlags)|tables\/(readCounts|countsIn|cell|sql\/dialects))\./,
        },
      ],
    },
  },
  sourcemap: false,
  clean: true,
  hooks: { "build:done": () => writeFileSync("dist/THIRD-PARTY-LICENSES.txt", licenses()) },
});
