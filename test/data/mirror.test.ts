import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { fetchAddress, fetchPackage, fileHash } from "../../src/data/mirror.ts";
import { packageTarball, temporaryFolder, tiny } from "./tiny.ts";

afterEach(() => vi.unstubAllEnvs());

const tarball = await packageTarball(tiny.dataset);
const nothing = { onBytes: () => {} };

/** Address of a server that runs until the test is over. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A registry with tiny-images@1.0.0 alone; npm is told to use it by the environment, as a user may. */
async function registry(content: Buffer = tarball): Promise<void> {
  const address: string = await serve((request, response) => {
    if (request.url === "/tiny-images") {
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const dist = { tarball: `${address}/tiny-images/-/tiny-images-1.0.0.tgz`, integrity };
      const version = { name: "tiny-images", version: "1.0.0", dist };
      const latest = { latest: "1.0.0" };
      response.end(
        JSON.stringify({ name: "tiny-images", "dist-tags": latest, versions: { "1.0.0": version } }),
      );
    } else if (request.url?.endsWith(".tgz")) {
      response.end(content);
    } else {
      response.writeHead(404).end();
    }
  });
  vi.stubEnv("npm_config_registry", address);
  vi.stubEnv("npm_config_fetch_retries", "0");
}

test("fetchPackage(spec) fetches the tarball from the registry that npm is set to, and leaves nothing else", async () => {
  await registry();
  const folder = temporaryFolder();
  const path = await fetchPackage("tiny-images@1.0.0", folder, nothing);
  expect(readFileSync(path)).toEqual(tarball);
  expect(readdirSync(folder)).toEqual(["package"]);
});

test("fetchPackage(spec) says in one line what npm complains of", async () => {
  await registry(Buffer.from("another"));
  await expect(fetchPackage("tiny-images@1.0.0", temporaryFolder(), nothing)).rejects.toThrow(
    /^sha512-.* integrity checksum failed.*$/,
  );
  await expect(fetchPackage("tiny-images@2.0.0", temporaryFolder(), nothing)).rejects.toThrow(
    /^No matching version found for tiny-images@2.0.0.*$/,
  );
  await expect(fetchPackage("absent-images@1.0.0", temporaryFolder(), nothing)).rejects.toThrow(
    /^404 Not Found.*$/,
  );
});

test("fetchPackage(spec) says with its code that the disk is full", async () => {
  const folder = temporaryFolder();
  // What npm 11 writes.
  writeFileSync(
    join(folder, "npm"),
    `#!/bin/sh
echo 'npm warn Unknown user config "nodedir".' >&2
echo 'npm error code ENOSPC' >&2
echo 'npm error syscall write' >&2
echo 'npm error errno -28' >&2
echo 'npm error nospc ENOSPC: no space left on device, write' >&2
echo 'npm error nospc There appears to be insufficient space on your system to finish.' >&2
exit 228
`,
    { mode: 0o755 },
  );
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  await expect(fetchPackage("tiny-images@1.0.0", temporaryFolder(), nothing)).rejects.toMatchObject({
    code: "ENOSPC",
    message: "ENOSPC: no space left on device, write",
  });
});

test("fetchPackage(spec) says that npm is not installed", async () => {
  vi.stubEnv("PATH", temporaryFolder());
  await expect(fetchPackage("tiny-images@1.0.0", temporaryFolder(), nothing)).rejects.toThrow(
    /^npm is not installed$/,
  );
});

test("fetchPackage(spec) ends when it is stopped", async () => {
  const controller = new AbortController();
  vi.stubEnv("npm_config_registry", await serve(() => controller.abort())); // never answers
  const folder = temporaryFolder();
  await expect(
    fetchPackage("tiny-images@1.0.0", folder, { ...nothing, signal: controller.signal }),
  ).rejects.toThrow();
  expect(existsSync(`${folder}/npm-cache`)).toBe(false);
});

test("fetchAddress(address) fetches what is there and counts the bytes", async () => {
  const address = await serve((_, response) => response.end(tarball));
  const counts: number[] = [];
  const path = await fetchAddress(address, temporaryFolder(), { onBytes: (bytes) => counts.push(bytes) });
  expect(readFileSync(path)).toEqual(tarball);
  expect(counts.at(-1)).toBe(tarball.length);
});

test("fetchAddress(address) says what went wrong", async () => {
  const absent = await serve((_, response) => response.writeHead(404).end());
  await expect(fetchAddress(absent, temporaryFolder(), nothing)).rejects.toThrow(
    "the server answered 404 Not Found",
  );
  const breaking = await serve((_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("the first bytes", () => response.destroy());
  });
  await expect(fetchAddress(breaking, temporaryFolder(), nothing)).rejects.toThrow("other side closed");
  await expect(fetchAddress("http://[::1]:9999", temporaryFolder(), nothing)).rejects.toThrow("ECONNREFUSED");
});

test("fetchAddress(address) ends when it is stopped", async () => {
  const controller = new AbortController();
  const address = await serve((_, response) => response.write("the first bytes", () => controller.abort()));
  await expect(
    fetchAddress(address, temporaryFolder(), { ...nothing, signal: controller.signal }),
  ).rejects.toThrow("aborted");
});

test("fileHash(path) is the file's hash, in the algorithm and encoding of the expected one", async () => {
  const path = await fetchAddress(
    await serve((_, response) => response.end("abc")),
    temporaryFolder(),
    nothing,
  );
  // From RFC 1321 and FIPS 180-4.
  expect(await fileHash(path, { algorithm: "md5", encoding: "hex", value: "" })).toBe(
    "900150983cd24fb0d6963f7d28e17f72",
  );
  expect(await fileHash(path, { algorithm: "sha512", encoding: "base64", value: "" })).toBe(
    Buffer.from(
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "hex",
    ).toString("base64"),
  );
});
