import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ServerType, serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { cacheFile } from "../data/cachedDataset.ts";
import { cifar10Layout, loadCifar10 } from "../data/cifar10.ts";
import { type Dataset, imageBytes } from "../data/dataset.ts";
import { imbalancedSubset } from "../data/imbalancedSubset.ts";
import { InputError } from "../errors.ts";
import { cifarPath, servedMark } from "../studio/servedData.ts";

/** Parts of the page whose names hold a hash of their contents. */
const hashed = /^\/assets\//;

export interface StudioServer {
  /** Where the page is, such as `http://localhost:8724/`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Names under which a browser on this machine reaches the loopback. Any other Host is DNS rebinding, and refused. */
const ownNames = ["localhost", "127.0.0.1"];

const headers = {
  "Cache-Control": "no-cache",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/**
 * Serves the built page, and CIFAR-10 where it is in the cache, to browsers on this machine alone.
 *
 * @param folder the built page
 * @param port 0 for any free one
 * @throws InputError if the page is not built, or the port is taken
 */
export async function serveStudio(folder: string, port: number): Promise<StudioServer> {
  const index = join(folder, "index.html");
  if (!existsSync(index)) throw new InputError(`no page in ${folder}; build it with npm run build:studio`);
  const page = (await readFile(index, "utf8")).replace(
    "</head>",
    () => `${existsSync(cacheFile(cifar10Layout)) ? servedMark : ""}</head>`,
  );
  const app = new Hono();
  app.use(async (context, next) => {
    const name = context.req.header("Host")?.replace(/:\d+$/, "");
    if (name === undefined || !ownNames.includes(name)) {
      return context.text("This server only answers requests to localhost.\n", 403);
    }
    await next();
    for (const [header, value] of Object.entries(headers)) context.header(header, value);
    if (hashed.test(context.req.path)) context.header("Cache-Control", "max-age=31536000, immutable");
  });
  for (const path of ["/", "/index.html"]) app.get(path, (context) => context.html(page));
  app.get(`/${cifarPath}`, async (context) => {
    try {
      return context.body(await cifarSubset(context.req.query("counts") ?? ""));
    } catch (error) {
      if (error instanceof InputError) return context.text(error.message, 400);
      throw error;
    }
  });
  app.get("*", serveStatic({ root: folder }));
  const server = await listen(app, port);
  const { port: taken } = server.address() as { port: number };
  return {
    address: `http://localhost:${taken}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listen(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => resolve(server));
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE" ? "another program uses it; choose another with --port" : error.message;
      reject(new InputError(`cannot listen on port ${port}: ${why}`));
    });
  });
}

let loaded: Promise<Dataset> | undefined;

/** The subset with these class counts: images, then labels. */
async function cifarSubset(counts: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!existsSync(cacheFile(cifar10Layout))) {
    throw new InputError("CIFAR-10 is not in the cache; fetch it with: baserate data cifar10");
  }
  loaded ??= loadCifar10();
  const { train, classNames } = await loaded;
  const { images, labels } = train;
  const rows = imbalancedSubset(labels, counts.split(",").map(Number), classNames);
  const size = imageBytes(train.shape);
  const bytes = new Uint8Array(rows.length * (size + 1));
  rows.forEach((row, i) => {
    bytes.set(images.subarray(row * size, (row + 1) * size), i * size);
    bytes[rows.length * size + i] = labels[row];
  });
  return bytes;
}
