import { InputError } from "./errors.ts";

/** Packages that are not installed with baserate, in the versions it was tested with. */
export const optionalPackages = {
  "@clickhouse/client": "1.23.1",
  "@duckdb/node-api": "1.5.6-r.1",
  bullmq: "6.7.0",
  ioredis: "6.0.0",
  mysql2: "3.24.6",
  "node-sqlite3-wasm": "0.8.60",
  postgres: "3.4.9",
} as const;

type OptionalPackage = keyof typeof optionalPackages;

/**
 * What `load` imports of packages that are optional.
 *
 * @param what the part that needs them, as the start of a sentence: `a queue`
 * @throws InputError with the line that installs them, where one is missing
 */
export async function loadOptional<T>(
  what: string,
  names: readonly OptionalPackage[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const install = names.map((name) => `${name}@${optionalPackages[name]}`).join(" ");
    const count = names.length === 1 ? "an optional package" : `${names.length} optional packages`;
    throw new InputError(`${what} needs ${count}: npm install ${install}`, { cause: error });
  }
}
