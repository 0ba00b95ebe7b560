import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { CheckReport } from "../check/checkOutputs.ts";
import { InputError } from "../errors.ts";
import { significant } from "../math/significant.ts";
import { table } from "../plot/table.ts";

const flagValue = z.union([
  z.string(),
  z.number(),
  z.literal(true),
  z.array(z.union([z.string(), z.number()])),
]);

/** One check and what it must find: the flags of the command by name, and for a model, `model`. */
const expectedCheck = z
  .object({
    name: z.string(),
    model: z.string().optional(),
    expect: z
      .strictObject({
        verdict: z.enum(["sound", "starts high", "not sound"]).default("sound"),
        cause: z.string().optional(),
        loss: z.tuple([z.number(), z.number()]).optional(),
      })
      .prefault({}),
  })
  .catchall(flagValue);

const expectations = z.strictObject({ checks: z.array(expectedCheck).min(1) });

type ExpectedCheck = z.infer<typeof expectedCheck>;

/** What a check of the file found. */
export interface ExpectedResult {
  readonly name: string;
  readonly verdict: CheckReport["verdict"];
  readonly cause: string | null;
  readonly loss: number | null;
  /** What differs from what was expected; empty where nothing does. */
  readonly differences: readonly string[];
}

/**
 * Runs all checks of a file as the command line would, one after the other, in the file's folder.
 *
 * @throws InputError on a file that is not understood, or a check with bad input
 */
export async function runExpectedChecks(file: string, signal: AbortSignal): Promise<ExpectedResult[]> {
  const checks = await readExpectations(file);
  const results: ExpectedResult[] = [];
  for (const check of checks) results.push(await runCheck(check, file, signal));
  return results;
}

async function readExpectations(file: string): Promise<readonly ExpectedCheck[]> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = expectations.safeParse(value);
  if (parsed.success) return parsed.data.checks;
  const { path, message } = parsed.error.issues[0];
  throw new InputError(
    `${file}: ${path.join(".") || "the document"}: ${message} (docs/check.md, In a CI job)`,
  );
}

/** The arguments of a check: `{"outputs": "o.npy", "no-output-bias": true, "counts": [9, 1]}`. */
function argumentsOf({ name: _, expect: __, model, ...flags }: ExpectedCheck): string[] {
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : [`--${flag}=${Array.isArray(value) ? value.join(",") : value}`],
  );
  return ["check", ...(model === undefined ? [] : [model]), ...given, "--json"];
}

async function runCheck(check: ExpectedCheck, file: string, signal: AbortSignal): Promise<ExpectedResult> {
  const report = await new Promise<CheckReport>((resolve, reject) => {
    const options = { cwd: dirname(file), maxBuffer: 2 ** 30, signal };
    execFile(process.execPath, [process.argv[1], ...argumentsOf(check)], options, (error, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason);
      else if (error !== null && error.code !== 1) {
        reject(new InputError(`${check.name}: ${stderr.trim().replace(/^baserate: /, "") || error.message}`));
      } else resolve(JSON.parse(stdout));
    });
  });
  return compared(check, report);
}

function compared({ name, expect }: ExpectedCheck, report: CheckReport): ExpectedResult {
  const { verdict, causes, measuredLoss: loss } = report;
  const cause = causes[0]?.name ?? null;
  const isWithin =
    expect.loss === undefined || (loss !== null && loss >= expect.loss[0] && loss <= expect.loss[1]);
  const differences = [
    verdict !== expect.verdict && `${verdict}${cause ? ` (${cause})` : ""}, expected ${expect.verdict}`,
    expect.cause !== undefined &&
      cause !== expect.cause &&
      `${cause ?? "no cause"}, expected ${expect.cause}`,
    !isWithin &&
      `loss ${loss === null ? "not finite" : significant(loss)}, expected ${expect.loss!.map(significant).join(" to ")}`,
  ];
  return { name, verdict, cause, loss, differences: differences.filter((text) => text !== false) };
}

/** The results as a table, with what differs below it. */
export function expectedReport(results: readonly ExpectedResult[]): string {
  const rows = results.map(({ name, verdict, loss, differences }) => [
    differences.length === 0 ? "pass" : "FAIL",
    name,
    verdict,
    loss === null ? "-" : significant(loss),
  ]);
  const failed = results.filter(({ differences }) => differences.length > 0);
  return [
    table(["", "check", "verdict", "loss"], rows),
    ...failed.map(({ name, differences }) => `${name}: ${differences.join("; ")}`),
    `${results.length - failed.length} of ${results.length} checks as expected.`,
  ].join("\n");
}
