// The page in Chromium, and its training beside TensorFlow.js in the same Chromium:
//   node bench/browser.mjs [page] [training] [tfjs]      without names, all three; the build of the page must be there
//
// page      script before the first result, and when its numbers are there, with the processor slowed four times
// training  from pressing Start to the first step, and steps of both arms in their two workers
// tfjs      the same network and batch on each backend of TensorFlow.js, or those named in BASERATE_TFJS_BACKENDS
//
// TensorFlow.js comes from BASERATE_TFJS, a folder with @tensorflow/tfjs and its backends for wasm and webgpu, or is installed
// from npm into a folder that is deleted afterwards.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { runProgram } from "./process.mjs";
import { median } from "./statistics.mjs";

const root = join(import.meta.dirname, "..");
const executablePath = process.env.BASERATE_CHROMIUM || "/usr/bin/chromium";
const quietly = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const launch = (...flags) =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--no-first-run", ...quietly, ...flags] });

const original = { "run.batch": 256, "run.counts": "4000,3700,100,4000,400,100,50,700,700,100" };

const packages = ["tfjs", "tfjs-backend-wasm", "tfjs-backend-webgpu"].map((name) => `@tensorflow/${name}`);
const measurements = { page: measurePage, training: measureTraining, tfjs: measureTensorflowJs };
const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in measurements));
if (unknown !== undefined) {
  console.error(`bench: unknown measurement: ${unknown}; known: ${Object.keys(measurements).join(", ")}`);
  process.exit(2);
}
// Without CIFAR-10 in it, the page makes its images up, as on a static host.
const cache = mkdtempSync(join(tmpdir(), "baserate-browser-"));
const server = spawn(process.execPath, [join(root, "dist/cli.js"), "studio", "--port", "0"], {
  env: { ...process.env, BASERATE_CACHE: cache },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const address = await new Promise((resolve, reject) => {
    server.stdout.once("data", (text) => resolve(/http:\S+/.exec(String(text))[0]));
    server.once("exit", () => reject(new Error("baserate studio ended")));
  });
  for (const name of named.length > 0 ? named : Object.keys(measurements)) await measurements[name](address);
} finally {
  server.kill();
  rmSync(cache, { recursive: true });
}

function line(name, value) {
  console.log(`${name.padEnd(56)} ${value}`);
}

/** Notes when the first numbers are in the document, before anything of the page runs. */
function watchFirstNumbers() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#result .losses dd")) return;
    observer.disconnect();
    globalThis.firstNumbers = performance.now();
  }).observe(document, { childList: true, subtree: true });
}

async function measurePage(address) {
  const browser = await launch();
  line("Chromium", browser.version());
  const seconds = { 1: [], 4: [] };
  let scripts;
  for (let round = 0; round < 7; round++) {
    for (const rate of [1, 4]) {
      const page = await browser.newPage({ viewport: { width: 360, height: 780 } });
      await page.goto(`${address}icon.svg`); // a tab that is open, as on a phone
      await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });
      await page.addInitScript(watchFirstNumbers);
      await page.goto(address);
      await page.waitForFunction(() => globalThis.firstNumbers !== undefined);
      const found = await page.evaluate(() => ({
        milliseconds: globalThis.firstNumbers,
        scripts: performance
          .getEntriesByType("resource")
          .filter(({ name, responseEnd }) => /\.m?js$/.test(name) && responseEnd <= globalThis.firstNumbers)
          .map(({ name }) => name),
      }));
      seconds[rate].push(found.milliseconds / 1000);
      scripts = found.scripts.map((name) => basename(name));
      await page.close();
    }
  }
  await browser.close();
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(root, "dist/studio/assets", name))).length);
  const kilobytes = bytes.reduce((sum, size) => sum + size, 0) / 1000;
  line("script before the first numbers, gzip", `${kilobytes.toFixed(1)} kB (${scripts.join(", ")})`);
  for (const [rate, all] of Object.entries(seconds)) {
    const range = `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)} of ${all.length}`;
    const name = rate === "1" ? "first numbers" : `first numbers, processor slowed ${rate} times`;
    line(name, `${median(all).toFixed(2)} s (${range})`);
  }
}

async function measureTraining(address) {
  const browser = await launch();
  const defaults = await train(browser, address, {}, 0);
  line("from Start to the first step of both arms", `${defaults.first.toFixed(2)} s (settings as they are)`);
  const { first, steps, seconds } = await train(browser, address, original, 20);
  line("the same, original experiment's batches and counts", `${first.toFixed(2)} s`);
  line(
    "steps per second of both arms, batch 256",
    `${(steps / seconds).toFixed(2)} (${steps} in ${seconds} s)`,
  );
  await browser.close();
}

/** Seconds from Start to the first step of both arms, and steps of both within the given seconds thereafter. */
async function train(browser, address, settings, seconds) {
  const page = await browser.newPage();
  await page.goto(`${address}#${new URLSearchParams(settings)}`);
  const start = page.getByRole("button", { name: "Start", exact: true });
  await start.waitFor();
  const first = await page.evaluate(() => {
    const section = document.querySelector("#experiment");
    const button = [...section.querySelectorAll("button")].find(({ textContent }) => textContent === "Start");
    globalThis.madeSteps = () =>
      [...section.textContent.matchAll(/step (\d+) of/g)].map(([, step]) => Number(step));
    return new Promise((resolve) => {
      const pressed = performance.now();
      new MutationObserver((_, observer) => {
        const steps = globalThis.madeSteps();
        if (steps.length < 2 || steps.some((step) => step === 0)) return;
        observer.disconnect();
        resolve((performance.now() - pressed) / 1000);
      }).observe(section, { childList: true, subtree: true, characterData: true });
      button.click();
    });
  });
  const steps = await page.evaluate(async (milliseconds) => {
    const made = () => globalThis.madeSteps().reduce((sum, step) => sum + step, 0);
    const before = made();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return made() - before;
  }, 1000 * seconds);
  await page.close();
  return { first, steps, seconds };
}

async function measureTensorflowJs() {
  const given = process.env.BASERATE_TFJS || undefined;
  const folder = given ?? mkdtempSync(join(tmpdir(), "baserate-tfjs-"));
  try {
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
    if (given === undefined)
      await runProgram("npm", ["install", ...flags, ...packages.map((name) => `${name}@4`)]);
    const backends = process.env.BASERATE_TFJS_BACKENDS ?? "webgpu,webgl,wasm,cpu";
    for (const backend of backends.split(",")) {
      line(`TensorFlow.js, ${backend}`, await measureBackend(folder, backend));
    }
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true });
  }
}

/** Steps per second on a backend, of one arm or of two in turn, or why it made none. */
async function measureBackend(folder, backend) {
  // Without a graphics card, WebGL and WebGPU are SwiftShader's, which uses all cores.
  const software = [
    "--enable-unsafe-swiftshader",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
  ];
  const browser = await launch(...software);
  try {
    const page = await browser.newPage();
    await page.route("**/*", (route) =>
      route.fulfill(tfjsFile(folder, new URL(route.request().url()).pathname)),
    );
    await page.goto("http://localhost/");
    const made = page.evaluate(async (name) => {
      const { tf } = globalThis;
      tf.wasm?.setWasmPaths("/wasm/");
      if (!(await tf.setBackend(name))) throw new Error("this Chromium offers no such backend");
      await tf.ready();
      const { stepTimes } = await import("/tfjsSteps.mjs");
      return stepTimes(tf, { steps: 12, seconds: 20 });
    }, backend);
    const limit = new Promise((_, reject) => setTimeout(reject, 110_000, new Error("no step within 110 s")));
    const [first, ...others] = await Promise.race([made, limit]);
    if (others.length === 0)
      return `first step ${(first / 1000).toFixed(1)} s, and no further one within 20 s`;
    return `${(1000 / median(others)).toPrecision(2)} steps per second (the first step took ${(first / 1000).toFixed(1)} s)`;
  } catch (error) {
    return error.message.split("\n")[0];
  } finally {
    await browser.close();
  }
}

function tfjsFile(folder, path) {
  const scripts = {
    tfjs: "tf.es2017",
    "tfjs-backend-wasm": "tf-backend-wasm.es2017",
    "tfjs-backend-webgpu": "tf-backend-webgpu.es2017",
  };
  if (path === "/") {
    const tags = Object.entries(scripts).map(
      ([name, script]) => `<script src="/${name}/${script}.min.js"></script>`,
    );
    return { contentType: "text/html", body: `<!doctype html><body>${tags.join("")}</body>` };
  }
  if (path === "/tfjsSteps.mjs")
    return { path: join(import.meta.dirname, "peers/tfjsSteps.mjs"), contentType: "text/javascript" };
  if (path === "/favicon.ico") return { status: 204 };
  const name = path.startsWith("/wasm/") ? "tfjs-backend-wasm" : path.split("/")[1];
  return { path: join(folder, "node_modules/@tensorflow", name, "dist", basename(path)) };
}
