// Makes a checkout ready to run: installs the locked packages and builds dist/, each only when it is out of date.
// Runs before `npm start`, `npm test` and `npm run bench`, so it uses nothing but Node itself.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const minimumNode = [20, 12];

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(2);
}

/** Runs a command with its output on stderr, so that stdout stays the program's own. */
function run(what, command, args) {
  console.error(`setup: ${what}`);
  const windows = process.platform === "win32";
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: windows });
  if (error) fail(`${what} failed: ${error.message}`);
  if (status !== 0) fail(`${what} failed: \`${command} ${args.join(" ")}\` ended with exit code ${status}`);
}

/** The newest modification time of a file, or of any file below a folder, in milliseconds. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
  fail(`Node ${process.versions.node} is too old; baserate needs Node ${minimumNode.join(".")} or newer`);
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = join(root, "node_modules", ".baserate-lock");
if (!existsSync(installed) || readFileSync(installed, "utf8") !== lock) {
  run("installing packages (npm ci)", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(installed, lock);
}

const sources = ["src", "package.json", "tsdown.config.ts", "vite.config.ts", "tsconfig.json"].map((name) =>
  newest(join(root, name)),
);
const built = join(root, "dist", "cli.js");
if (!existsSync(built) || newest(built) < Math.max(...sources))
  run("building dist/", "npm", ["run", "--silent", "build"]);
