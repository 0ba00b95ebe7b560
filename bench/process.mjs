import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The last line of stderr that says something; a hint in parentheses does not. */
const complaint = (stderr) =>
  stderr
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "" && !line.startsWith("("));

/**
 * Runs a program to its end, with its output kept from the terminal.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [env] added to this process's environment
 * @returns {Promise<{stdout: string, seconds: number}>} seconds of wall time from start to end of the process
 * @throws Error with what its stderr says last if it can't be started or exits with another code than 0
 */
export function runProgram(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.on("error", (error) => reject(new Error(`${program}: ${error.message}`)));
    child.on("close", (code, signal) => {
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ stdout, seconds });
      else reject(new Error(complaint(stderr) ?? `${program} ended with ${signal ?? code}`));
    });
  });
}

/** The same for a program that prints one JSON document. */
export async function runJson(program, args, env) {
  const { stdout, seconds } = await runProgram(program, args, env);
  return { document: JSON.parse(stdout), seconds };
}

/**
 * Runs a build of baserate's command line.
 *
 * @param {string} cli path of its dist/cli.js
 * @param {string[]} args
 * @param {Record<string, string>} [env] added to the environment
 * @returns {Promise<{stdout: string, seconds: number, processorSeconds: number, peakBytes: number}>}
 */
export async function runBaserate(cli, args, env = {}) {
  const folder = await mkdtemp(join(tmpdir(), "baserate-bench-"));
  const file = join(folder, "usage.json");
  const preload = ["--import", pathToFileURL(join(import.meta.dirname, "processUsage.mjs")).href];
  try {
    const result = await runProgram(process.execPath, [...preload, cli, ...args], {
      ...env,
      BASERATE_PROCESS_USAGE: file,
    });
    return { ...result, ...JSON.parse(await readFile(file, "utf8")) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * `baserate reproduce` into a folder that is deleted afterwards: the seconds that each network was trained (times.csv), and
 * what the process needed.
 */
export async function reproduce(cli, args, env = {}) {
  const folder = await mkdtemp(join(tmpdir(), "baserate-bench-"));
  try {
    const command = ["reproduce", "--fresh", "--json", "--out", join(folder, "run"), ...args];
    const { stdout, ...usage } = await runBaserate(cli, command, env);
    const [, ...trials] = (await readFile(join(folder, "run", "times.csv"), "utf8")).trim().split("\n");
    return { trainSeconds: trials.map((line) => Number(line.split(",").at(-1))), ...usage };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
