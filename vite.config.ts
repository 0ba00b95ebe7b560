import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin } from "vite";
import { htmlStyle } from "./src/report/htmlStyle.ts";

/** The style sheet of the HTML reports, so that the page looks like their sibling. */
const reportStyle = (): Plugin => ({
  name: "report-style",
  resolveId: (id) => (id === "virtual:report.css" ? "\0report.css" : undefined),
  load: (id) => (id === "\0report.css" ? htmlStyle : undefined),
});

/** Script beyond this is fetched when it is needed: the HDF5 library, which comes with its WebAssembly. */
const prefetched = 1e6;

/**
 * Lists the code of the workers (assets to the bundler) in the page. It has the browser fetch them once the first numbers
 * stand (src/studio/main.tsx), so that the page then works offline.
 */
const prefetch = (): Plugin => ({
  name: "prefetch",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle = {} }) {
      const links = Object.values(bundle)
        .filter((part) => part.type === "asset" && part.fileName.endsWith(".js"))
        .filter((part) => (part as { source: string }).source.length < prefetched)
        .map(({ fileName }) => ({ tag: "link", attrs: { rel: "prefetch", href: `./${fileName}` } }));
      return [{ tag: "template", attrs: { id: "prefetched" }, children: links, injectTo: "body" }];
    },
  },
});

/** The page in the browser: a folder of files that any static host serves from any path. */
export default defineConfig({
  root: "src/studio",
  base: "./",
  plugins: [preact({ devToolsEnabled: false }), reportStyle(), prefetch()],
  worker: { format: "es" },
  // The readers of tables use Node's buffers.
  resolve: {
    alias: { "node:buffer": fileURLToPath(new URL("src/studio/tasks/nodeBuffer.ts", import.meta.url)) },
  },
  // h5wasm, Plot and the like are loaded when they are needed, so their size is no reason to warn.
  build: {
    license: { fileName: "licenses.md" },
    outDir: "../../dist/studio",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 8000,
    // A document for figures where there is none (src/plot/drawFigure.ts); a page has one.
    rolldownOptions: { external: [/^linkedom/] },
  },
});
