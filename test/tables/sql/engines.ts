import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { DuckDBInstance } from "@duckdb/node-api";
import mysql from "mysql2/promise";
import sqlite from "node-sqlite3-wasm";
import postgres from "postgres";
import type { DialectName } from "../../../src/tables/sql/dialects.ts";

/** An engine that runs SQL, with a database that is empty at first. */
export interface Engine {
  readonly dialect: DialectName;
  /** Type of a column of text, and of one of 64-bit floats. */
  readonly text: string;
  readonly float: string;
  /** What ends a CREATE TABLE. */
  readonly storage?: string;
  run(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function startSqlite(): Promise<Engine> {
  const database = new sqlite.Database(":memory:");
  return {
    dialect: "sqlite",
    text: "TEXT",
    float: "REAL",
    run: async (sql) => database.all(sql) as Record<string, unknown>[],
    close: async () => database.close(),
  };
}

export async function startDuckdb(): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  return {
    dialect: "duckdb",
    text: "VARCHAR",
    float: "DOUBLE",
    run: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Why there can be no such server here, or undefined. */
export const noPostgres = program("postgres") ? undefined : "PostgreSQL's server is not installed";
export const noMariadb = program("mariadbd") ? undefined : "MariaDB's server is not installed";
export const noClickhouse = program("clickhouse-server") ? undefined : "ClickHouse's server is not installed";

/** The path of a server program; Debian keeps PostgreSQL's out of PATH. */
function program(name: string): string | undefined {
  const postgres = "/usr/lib/postgresql";
  const versions = existsSync(postgres) ? readdirSync(postgres).map((v) => join(postgres, v, "bin")) : [];
  const folders = [...versions, ...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A server of our own, on a free port of the loopback, with its data in a folder that goes with it. */
export interface Server {
  /** With a password, for `baserate solve`. */
  readonly address: string;
  readonly engine: Engine;
}

/** PostgreSQL does not run as root: where we are root, it runs as its own user, as Debian's package sets it up. */
export async function startPostgres(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "baserate-postgres-"));
  const user: { uid?: number; gid?: number } = process.getuid?.() === 0 ? ownerOf("postgres") : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "secret%word", { mode: 0o644 });
  const options = { cwd: folder, ...user, stdio: "ignore" } as const;
  const made = spawnSync(
    program("initdb")!,
    ["-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", passwordFile, "-N", "--locale=C.UTF-8"],
    options,
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.status ?? made.error}`);
  const port = await freePort();
  const server = spawn(
    program("postgres")!,
    ["-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", folder, "-F"],
    options,
  );
  const connect = () =>
    postgres({
      host: "127.0.0.1",
      port,
      user: "owner",
      password: "secret%word",
      database: "postgres",
      max: 1,
      onnotice: () => {},
    });
  let sql = connect();
  await retry(async () => {
    await sql`select 1`.catch(async (error) => {
      await sql.end();
      sql = connect();
      throw error;
    });
  });
  return {
    address: `postgres://owner:secret%25word@127.0.0.1:${port}/postgres`,
    engine: {
      dialect: "postgresql",
      text: "text",
      float: "double precision",
      run: async (text) => [...(await sql.unsafe(text))],
      close: async () => {
        await sql.end();
        await stop(server, folder);
      },
    },
  };
}

export async function startMariadb(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "baserate-mariadb-"));
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  const made = spawnSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      `--datadir=${folder}/data`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      ...user,
    ],
    { stdio: "ignore" },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.status ?? made.error}`);
  const port = await freePort();
  const server = spawn(
    program("mariadbd")!,
    [
      "--no-defaults",
      `--datadir=${folder}/data`,
      `--socket=${folder}/s`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      "--innodb-flush-log-at-trx-commit=0",
      ...user,
    ],
    { stdio: "ignore" },
  );
  const connection = await retry(() => mysql.createConnection({ host: "127.0.0.1", port, user: "root" }));
  for (const text of [
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE USER owner@'%' IDENTIFIED BY 'secret%word'",
    "GRANT ALL ON *.* TO owner@'%'",
  ]) {
    await connection.query(text);
  }
  return {
    address: `mysql://owner:secret%25word@127.0.0.1:${port}/shop`,
    engine: {
      dialect: "mariadb",
      text: "VARCHAR(200)",
      float: "DOUBLE",
      // Floats as text lose their last digit in mysql2, so results come in binary.
      run: async (text) =>
        (
          await (/^(SELECT|WITH)/.test(text) ? connection.execute(text) : connection.query(text))
        )[0] as Record<string, unknown>[],
      close: async () => {
        await connection.end();
        await stop(server, folder);
      },
    },
  };
}

/** Debian's ClickHouse is of 2018: it has no window functions, and so cannot group numbers into buckets. */
export async function startClickhouse(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "baserate-clickhouse-"));
  const [httpPort, tcpPort] = [await freePort(), await freePort()];
  const users = join(folder, "users.xml");
  writeFileSync(
    users,
    `<yandex><profiles><default/></profiles><quotas><default/></quotas><users><owner>
      <password>secret%word</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
    </owner></users></yandex>`,
  );
  const config = join(folder, "config.xml");
  writeFileSync(
    config,
    `<yandex><logger><level>none</level></logger><listen_host>127.0.0.1</listen_host>
      <http_port>${httpPort}</http_port><tcp_port>${tcpPort}</tcp_port><path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
      <user_files_path>${folder}/files/</user_files_path><users_config>${users}</users_config><mark_cache_size>100000000</mark_cache_size>
      <default_profile>default</default_profile><default_database>default</default_database></yandex>`,
  );
  const server = spawn(program("clickhouse-server")!, [`--config-file=${config}`], {
    cwd: folder,
    stdio: "ignore",
  });
  const client = createClient({
    url: `http://127.0.0.1:${httpPort}`,
    username: "owner",
    password: "secret%word",
    log: { level: ClickHouseLogLevel.OFF },
  });
  const run = async (query: string) => {
    if (!/^(SELECT|WITH)/.test(query)) {
      await client.command({ query });
      return [];
    }
    return (await client.query({ query, format: "JSONEachRow" })).json<Record<string, unknown>>();
  };
  await retry(() => run("SELECT 1"));
  return {
    address: `clickhouse://owner:secret%25word@127.0.0.1:${httpPort}/default`,
    engine: {
      dialect: "clickhouse",
      text: "Nullable(String)",
      float: "Nullable(Float64)",
      storage: " ENGINE = Memory",
      run,
      close: async () => {
        await client.close();
        await stop(server, folder);
      },
    },
  };
}

function ownerOf(name: string): { uid?: number; gid?: number } {
  const id = (flag: string) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Tries for a minute: servers take their time to start on a busy machine. */
async function retry<T>(act: () => Promise<T>): Promise<T> {
  for (let left = 300; ; left--) {
    try {
      return await act();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const exit = server.exitCode === null ? once(server, "exit") : undefined;
  server.kill("SIGINT");
  const slow = setTimeout(() => server.kill("SIGKILL"), 5000);
  await exit;
  clearTimeout(slow);
  rmSync(folder, { recursive: true, force: true });
}
