import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { resolvePlan } from "../../src/experiment/plan.ts";
import type { Versions } from "../../src/experiment/record.ts";
import { seedTasks, settingsOf } from "../../src/experiment/settings.ts";
import { jobId, queueName, withoutPassword } from "../../src/experiment/trialQueue.ts";

const noRedis = spawnSync("redis-server", ["--version"]).error !== undefined;
const cli = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "baserate-queue-"));
afterAll(() => rmSync(folder, { recursive: true }));

const planInput = {
  dataset: "synthetic" as const,
  counts: [200, 100, 50],
  seeds: [1, 2, 3],
  epochs: 4,
  batchSize: 16,
  grid: { learningRate: [0.001, 0.003] },
  layers: [{ conv2d: { filters: 8, kernel: [3, 3] as [number, number] } }, { flatten: {} }],
};
const plan = resolvePlan(planInput);
writeFileSync(join(folder, "plan.yaml"), JSON.stringify(planInput));
/** 40 trials: two settings, ten seeds, two arms. */
const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
writeFileSync(join(folder, "forty.yaml"), JSON.stringify({ ...planInput, seeds, epochs: 2 }));

const running: ChildProcess[] = [];
let [port, runs] = [0, 0];
const address = () => `redis://127.0.0.1:${port}`;

interface Started {
  readonly child: ChildProcess;
  /** All output so far. */
  text(): string;
  readonly exit: Promise<number | null>;
}

function start(program: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...variables } });
  running.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  return { child, text: () => text, exit: once(child, "exit").then(([code]) => code) };
}

const baserate = (...args: string[]) => start(process.execPath, [cli, ...args]);
const worker = () => baserate("worker", address(), "--workers", "1", "--lost-after", "2");
/** Watches the sweep, with a folder of its own unless one is named. */
const compare = (out = `run-${runs++}`, planFile = "plan.yaml") => ({
  out,
  ...baserate("compare", planFile, "--queue", address(), "--out", out),
});

const shows = (started: Started, pattern: RegExp) =>
  vi.waitFor(() => expect(started.text()).toMatch(pattern), { timeout: 60_000, interval: 20 });

/** A way to Redis that can be interrupted. */
async function startProxy() {
  const sockets = new Set<Socket>();
  let isDown = false;
  const server = createServer((client) => {
    if (isDown) return void client.destroy();
    const upstream = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setDown(down: boolean) {
      isDown = down;
      if (down) for (const socket of sockets) socket.destroy();
    },
    close: () => server.close(),
  };
}

async function startRedis(): Promise<Started> {
  const server = start("redis-server", ["--port", String(port), "--save", "", "--dir", folder]);
  await shows(server, /Ready to accept connections/);
  return server;
}

const summary = (out: string) => readFileSync(join(folder, out, "summary.json"), "utf8");
const lines = (out: string) =>
  readFileSync(join(folder, out, "trials.jsonl"), "utf8")
    .trim()
    .split("\n");

test("an address is printed without its password", () => {
  expect(withoutPassword("rediss://user:secret@host:6380/2")).toBe("rediss://host:6380/2");
  expect(() => withoutPassword("http://host")).toThrow(
    "invalid address of a queue; expected redis://host:port",
  );
});

describe.skipIf(noRedis)(`with Redis${noRedis ? " (skipped: redis-server is not installed)" : ""}`, () => {
  let versions: Versions;
  let redis: Started;

  beforeAll(async () => {
    await baserate("compare", "plan.yaml", "--out", "whole").exit;
    versions = JSON.parse(readFileSync(join(folder, "whole/versions.json"), "utf8"));
  });

  beforeEach(async () => {
    const probe = createServer().listen(0);
    await once(probe, "listening");
    port = (probe.address() as AddressInfo).port;
    await new Promise((resolve) => probe.close(resolve));
    redis = await startRedis();
  });

  afterEach(async () => {
    for (const child of running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  test("a sweep of 40 trials over three workers, two of them killed, has the summary of one machine", async () => {
    expect(await baserate("compare", "forty.yaml", "--out", "forty").exit).toBe(0);
    const workers = [worker(), worker(), worker()];
    const watcher = compare(undefined, "forty.yaml");
    for (const lost of workers.slice(0, 2)) {
      await shows(lost, /done/);
      lost.child.kill("SIGKILL");
      await lost.exit;
    }
    expect(watcher.child.exitCode).toBe(null); // both died on the way
    expect(await watcher.exit).toBe(0);
    expect(lines(watcher.out)).toHaveLength(40);
    expect(summary(watcher.out)).toBe(summary("forty"));
  }, 180_000);

  test("data of one's own: the folder has the summary and the facts of a run on one machine", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5},${"ab"[Number(i % 3 === 0)]}`);
    writeFileSync(join(folder, "own.csv"), `x,z,kind\n${rows.join("\n")}\n`);
    const own = { data: "own.csv", column: ["kind"], layers: [{ dense: { units: 4 } }], batchSize: 8 };
    writeFileSync(join(folder, "own.yaml"), JSON.stringify(own));
    expect(await baserate("compare", "own.yaml", "--out", "own").exit).toBe(0);
    worker();
    const watcher = compare(undefined, "own.yaml");
    expect(await watcher.exit).toBe(0);
    expect(summary(watcher.out)).toBe(summary("own"));
    const [queued, alone] = [watcher.out, "own"].map((out) =>
      readFileSync(join(folder, out, "data.json"), "utf8"),
    );
    expect(queued).toBe(alone);
  });

  test("a watcher that is stopped leaves the sweep running, and the next one takes its results", async () => {
    const first = compare();
    const busy = worker();
    await shows(busy, /done/);
    first.child.kill("SIGINT");
    expect(await first.exit).toBe(130);
    await vi.waitFor(() => expect(busy.text().match(/done/g)).toHaveLength(6), { timeout: 60_000 });
    busy.child.kill("SIGKILL"); // all is done without a watcher
    const second = compare(first.out);
    expect(await second.exit).toBe(0);
    expect(summary(second.out)).toBe(summary("whole"));
  });

  test("two watchers of one sweep get the same results, and each job is done once", async () => {
    const watchers = [compare(), compare()];
    const busy = worker();
    expect(await Promise.all(watchers.map(({ exit }) => exit))).toEqual([0, 0]);
    for (const { out } of watchers) expect(summary(out)).toBe(summary("whole"));
    expect(busy.text().match(/done/g)).toHaveLength(6);
  });

  test("a worker stopped by Ctrl-C gives its job to another", async () => {
    const watcher = compare();
    const stopped = worker();
    await shows(stopped, /done/);
    stopped.child.kill("SIGINT");
    expect(await stopped.exit).toBe(130);
    worker();
    expect(await watcher.exit).toBe(0);
    expect(summary(watcher.out)).toBe(summary("whole"));
  });

  test("after a restart of Redis that loses everything, the watcher adds what is missing", async () => {
    const watcher = compare();
    const busy = worker();
    await shows(busy, /done/);
    redis.child.kill("SIGKILL");
    await redis.exit;
    redis = await startRedis();
    expect(await watcher.exit).toBe(0);
    expect(summary(watcher.out)).toBe(summary("whole"));
  });

  test("a connection that drops for longer than a job is held comes back, and the sweep is completed", async () => {
    const proxy = await startProxy();
    const busy = baserate("worker", proxy.address, "--workers", "1", "--lost-after", "1");
    const watcher = baserate("compare", "plan.yaml", "--queue", proxy.address, "--out", "dropped");
    await shows(busy, /done/);
    proxy.setDown(true);
    await sleep(4000);
    proxy.setDown(false);
    expect(await watcher.exit).toBe(0);
    proxy.close();
    expect(summary("dropped")).toBe(summary("whole"));
  });

  test("a job that is delivered twice, since its worker stood still for too long, counts once", async () => {
    const watcher = compare();
    const slow = worker();
    await shows(slow, /done/);
    slow.child.kill("SIGSTOP");
    worker();
    expect(await watcher.exit).toBe(0);
    slow.child.kill("SIGCONT");
    await sleep(2000);
    expect(slow.child.exitCode).toBe(null);
    const second = compare();
    expect(await second.exit).toBe(0);
    for (const { out } of [watcher, second]) expect(summary(out)).toBe(summary("whole"));
    expect(lines(watcher.out)).toHaveLength(12);
  });

  test("workers whose clocks are an hour ahead and behind complete a sweep, one of them killed", async () => {
    const watcher = compare();
    const [ahead, behind] = [3_600_000, -3_600_000].map((offset) =>
      start(process.execPath, [cli, "worker", address(), "--workers", "1", "--lost-after", "2"], {
        NODE_OPTIONS: `--import=data:text/javascript,const{now}=Date;Date.now=()=>now()+${offset}`,
      }),
    );
    await shows(ahead, /done/);
    ahead.child.kill("SIGKILL");
    expect(await watcher.exit).toBe(0);
    expect(behind.text()).toContain("done");
    expect(summary(watcher.out)).toBe(summary("whole"));
  });

  const cannotMount = process.getuid?.() !== 0;
  test.skipIf(cannotMount)(
    `a disk that is full stops the watcher with a line, and the sweep continues elsewhere${cannotMount ? " (skipped: only root can mount a small disk)" : ""}`,
    async () => {
      const small = join(folder, "small");
      mkdirSync(small);
      spawnSync("mount", ["-t", "tmpfs", "-o", "size=24k", "tmpfs", small]);
      try {
        worker();
        const full = compare(join(small, "run"));
        expect(await full.exit, full.text()).toBe(2);
        expect(full.text()).toMatch(/baserate: .*small\/run.*no space left/);
      } finally {
        spawnSync("umount", ["--lazy", small]);
      }
      const watcher = compare();
      expect(await watcher.exit).toBe(0);
      expect(summary(watcher.out)).toBe(summary("whole"));
    },
    120_000,
  );

  /** Puts a job of the sweep's first seed into the queue before the sweep does. */
  async function addFirst(changes: object): Promise<void> {
    const connection = new Redis(port, { maxRetriesPerRequest: null });
    const queue = new Queue(queueName(versions), { connection });
    const [task] = seedTasks(plan);
    const data = { plan: settingsOf(plan)[0].plan, task, versions, ...changes };
    await queue.add("trials", data, { jobId: jobId(task, versions), attempts: 3 });
    await connection.hset("baserate:queues", queueName(versions), "this version");
    await queue.close();
    connection.disconnect();
  }

  test("a job that always fails is tried three times and reported, and the others are finished", async () => {
    await addFirst({ plan: { ...settingsOf(plan)[0].plan, batchSize: 0 } });
    const watcher = compare();
    await shows(watcher, /0 of 6 jobs done/);
    const busy = worker();
    expect(await watcher.exit).toBe(2);
    expect(watcher.text()).toContain(
      "1 job failed, first learningRate 0.001, seed 1: invalid job: batchSize: 0;",
    );
    expect(lines(watcher.out)).toHaveLength(10);
    expect(existsSync(join(folder, watcher.out, "summary.json"))).toBe(false);
    expect(busy.text().match(/failed/g)).toHaveLength(3);
    const again = compare(watcher.out); // a new start for the job, now with the sweep's own plan
    expect(await again.exit).toBe(0);
    expect(summary(again.out)).toBe(summary("whole"));
  });

  test("a worker with other data, or of other versions, is refused with a line", async () => {
    await addFirst({ versions: { ...versions, data: "another" } });
    const different = worker();
    expect(await different.exit).toBe(2);
    expect(different.text()).toMatch(
      /baserate: this worker's synthetic is different: its hash is \w{64}, not another\n$/,
    );
    const connection = new Redis(port);
    await connection.del("baserate:queues");
    await connection.hset("baserate:queues", "baserate-other", "baserate 9.9.9");
    connection.disconnect();
    const older = worker();
    expect(await older.exit).toBe(2);
    expect(older.text()).toMatch(/has sweeps for baserate 9\.9\.9 alone; this worker has baserate \d/);
  });

  test("a server that is not there, or another password, is refused without the password", async () => {
    redis.child.kill("SIGKILL");
    await redis.exit;
    const refused = baserate("worker", `redis://user:secret@127.0.0.1:${port}`);
    expect(await refused.exit).toBe(2);
    expect(refused.text()).toMatch(
      /^baserate: can't use the queue redis:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    );
    expect(refused.text()).not.toContain("secret");
  });
});
