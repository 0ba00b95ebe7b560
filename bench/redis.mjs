import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/**
 * Starts a Redis server of our own on a free port of the loopback, without persistence.
 *
 * @param {string} folder its working folder
 * @returns {Promise<{address: string, client: Redis, stop: () => void}>}
 */
export async function startRedis(folder) {
  const port = await freePort();
  const options = { port, bind: "127.0.0.1", save: "", dir: folder, maxclients: 20_000 };
  const server = spawn(
    "redis-server",
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  );
  const failure = new Promise((_, reject) => server.once("error", reject));
  const client = new Redis(port, { maxRetriesPerRequest: null, retryStrategy: () => 100 });
  client.on("error", () => {}); // until the server listens
  try {
    await Promise.race([
      client.ping(),
      failure,
      sleep(30_000).then(() => Promise.reject(new Error("no answer"))),
    ]);
  } catch (error) {
    client.disconnect();
    throw new Error(`redis-server can't be started: ${error.message}`);
  }
  const stop = () => {
    client.disconnect();
    server.kill();
  };
  return { address: `redis://127.0.0.1:${port}`, client, stop };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
