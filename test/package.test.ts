import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const run = promisify(execFile);

const root = join(import.meta.dirname, "..");
const { exports, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.keys(exports);

/** The built files that an entry reaches, and the packages (and modules of Node) that they import. */
function reached(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(root, "dist", file), "utf8");
    for (const [, name] of text.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm)) {
      if (name.startsWith("./")) visit(name.slice(2));
      else packages.add(name);
    }
  };
  visit(exports[entry].default.replace("./dist/", ""));
  return { files, packages };
}

test.each(entries.filter((entry) => entry !== "./node"))(
  "%s runs in a browser: it reaches no module of Node",
  (entry) => {
    const { files, packages } = reached(entry);
    expect(files.size).toBeGreaterThan(1);
    expect([...packages].filter((name) => name.startsWith("node:"))).toEqual([]);
  },
);

test("the entry of labels and losses needs no further package", () => {
  expect([...reached(".").packages]).toEqual([]);
});

test("a bundler for browsers is told that baserate/node is not for it", () => {
  expect(exports["./node"].browser).toBeNull();
});

/** Names that a built declaration file exports. */
function exported(entry: string): string[] {
  const text = readFileSync(join(root, exports[entry].types), "utf8");
  const [, list] = /export \{([^}]*)\};?\s*$/.exec(text)!;
  return list.split(",").map((name) =>
    name
      .trim()
      .replace(/^type /, "")
      .replace(/^.* as /, ""),
  );
}

test("each name is exported by one entry", () => {
  const names = entries.flatMap(exported);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

test("each type that a signature mentions is exported, and nobody else's declarations are copied", () => {
  const names = new Set(entries.flatMap(exported));
  // The built declarations hold what the exports mention, and nothing else.
  const files = readdirSync(join(root, "dist")).filter((file) => file.endsWith(".d.ts"));
  const declared = files.flatMap((file) =>
    readFileSync(join(root, "dist", file), "utf8").matchAll(
      /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class) (\w+)|^\/\/#region (node_modules.*)/gm,
    ),
  );
  expect(declared.length).toBe(files.length);
  const unnamed = declared.flatMap((found) => [...found].map(([, name, copied]) => copied ?? name));
  expect(unnamed.length).toBeGreaterThan(100);
  expect(unnamed.filter((name) => !names.has(name))).toEqual([]);
});

/** An empty project with the packed package in it, and of its dependencies those that package.json states. */
async function install(): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "baserate-project-"));
  const place = (name: string) => join(project, "node_modules", name);
  mkdirSync(place("baserate"), { recursive: true });
  const { stdout } = await run(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", project],
    {
      cwd: root,
    },
  );
  await run("tar", ["-xf", join(project, stdout.trim()), "-C", place("baserate"), "--strip-components=1"]);
  for (const name of [...Object.keys(dependencies), "onnxruntime-node"]) {
    mkdirSync(dirname(place(name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), place(name));
  }
  return project;
}

/** A program in strict TypeScript: the types of each entry fit those of the others. */
const program = `import { band, fromCounts, type Solution, solve } from "baserate";
import { editBias, openModel, bytesInMemory } from "baserate/models";
import { drawFigure, type Figure, lossCurves } from "baserate/plot";
import { importOnnx, type Network, type Runtime, webRuntime } from "baserate/train";
import { nodeRuntime, openModelFile, writeModel } from "baserate/node";

export async function start(path: string, bytes: Uint8Array): Promise<number> {
  const labels = fromCounts([9, 1], { names: ["no", "yes"] });
  const { bias, expectedLoss }: Solution = solve("softmax", labels, { labelSmoothing: 0.1 });
  const { high } = band("softmax", labels, { batchSize: 32, options: { labelSmoothing: 0.1 } });
  const model = await openModelFile(path);
  await writeModel(model, await editBias(model, [{ values: bias }]), { inPlace: true });
  await openModel({ name: path, main: bytesInMemory(path, bytes), beside: (name) => bytesInMemory(name, bytes) });
  const runtime: Runtime = await nodeRuntime();
  const network: Network | undefined = undefined;
  const figure: Figure<Parameters<typeof lossCurves>[2]> = lossCurves;
  return [runtime, network, figure, drawFigure, importOnnx, webRuntime].length + (expectedLoss ?? high);
}
`;

const readme = readFileSync(join(root, "README.md"), "utf8");

test("in an empty strict TypeScript project, the packed package's entries load and the README's programs compile", async () => {
  const project = await install();
  try {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2022",
      lib: ["es2022", "dom"],
      module: "nodenext",
      types: [],
    };
    const files: Record<string, string> = {
      "package.json": JSON.stringify({ type: "module" }),
      "tsconfig.json": JSON.stringify({ compilerOptions }),
      "load.mjs": entries.map((entry) => `await import("baserate${entry.slice(1)}");`).join("\n"),
      // The README's programs are JavaScript, which does not guard against null (a loss may have no optimum).
      "tsconfig.readme.json": JSON.stringify({
        compilerOptions: { ...compilerOptions, allowJs: true, checkJs: true, strictNullChecks: false },
        include: ["readme*.js"],
      }),
      "program.ts": program,
      "wrong.ts": `import { solve } from "baserate";\n// @ts-expect-error: a loss is a head or a name\nsolve(7, undefined);\n`,
    };
    for (const [i, [, code]] of [...readme.matchAll(/```js\n(.*?)```/gs)].entries())
      files[`readme${i}.js`] = code;
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
    expect(Object.keys(files).filter((name) => name.startsWith("readme")).length).toBeGreaterThan(1);

    await run(process.execPath, ["load.mjs"], { cwd: project });
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    for (const config of ["tsconfig.json", "tsconfig.readme.json"]) {
      const compiled = await run(process.execPath, [tsc, "-p", config], { cwd: project }).catch(
        (error) => error,
      );
      // Plot's own declarations need @types/d3; they are outside of the project, behind a link.
      const ours = compiled.stdout.split("\n").filter((line: string) => /^[^. ]/.test(line));
      expect(ours).toEqual([]);
    }
  } finally {
    rmSync(project, { recursive: true });
  }
}, 180_000);

/** The catalogue of 53 losses in words, formulas and three readings is most of it; what it may not do is double. */
const maxSolveBytes = 64_000;

test("solve alone, bundled for a browser, is small", async () => {
  const id = join(root, "solve.entry.js");
  const bundle = await rolldown({
    input: id,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (name) => (name === id ? id : undefined),
        load: (name) =>
          name === id
            ? `export { fromCounts, solve } from ${JSON.stringify(join(root, exports["."].default))};`
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  const size = gzipSync(output.map((file) => ("code" in file ? file.code : "")).join("\n")).length;
  console.log(`solve alone: ${size} bytes gzipped`);
  expect(size).toBeLessThan(maxSolveBytes);
});
