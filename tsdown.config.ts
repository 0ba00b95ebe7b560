import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    node: "src/node.ts",
    cli: "src/cli/main.ts",
    armWorker: "src/experiment/armWorker.ts",
  },
  format: "esm",
  target: "node20",
  platform: "node",
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  deps: { alwaysBundle: ["commander"], neverBundle: [/^node:/] },
  dts: { entry: ["src/index.ts", "src/node.ts"] },
  // Few files, since opening each costs a millisecond of the command line's start: what every command needs is one chunk.
  outputOptions: {
    codeSplitting: {
      groups: [
        { name: "base", test: /src\/(errors|version|plot\/(table|wrapText))\./ },
        { name: "core", test: /src\/(labels|math|heads)\// },
        {
          name: "terminal",
          test: /node_modules\/commander\/|src\/cli\/(interrupt|text|numbers|hasColor|progressLine|progress)\./,
        },
        { name: "flags", test: /src\/cli\/(headFlags|labelFlags)\./ },
      ],
    },
  },
  sourcemap: false,
  clean: true,
});
