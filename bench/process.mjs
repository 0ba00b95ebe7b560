import { spawn } from "node:child_process";

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
