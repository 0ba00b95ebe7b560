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
  platform: "neutral",
  deps: { neverBundle: [/^node:/] },
  dts: { entry: ["src/index.ts", "src/node.ts"] },
  sourcemap: false,
  clean: true,
});
