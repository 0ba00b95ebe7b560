import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StudioServer, serveStudio } from "../../src/cli/studioServer.ts";

let folder: string;
let server: StudioServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
  writeFileSync(join(folder, "index.html"), "<html><head></head><body>page</body></html>");
  writeFileSync(join(folder, "part.js"), "export {};");
  server = await serveStudio(folder, 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** What the server answers, with the path as it is (fetch would resolve its dots). */
function answer(
  path: string,
  host = "localhost",
): Promise<{ status?: number; body: string; headers: object }> {
  return new Promise((resolve, reject) => {
    const port = new URL(server.address).port;
    const sent = request({ host: "127.0.0.1", port, path, headers: { Host: host } }, (response) => {
      let body = "";
      response.on("data", (part) => {
        body += part;
      });
      response.on("end", () => resolve({ status: response.statusCode, body, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("the page and its parts are served with headers that keep other sites out", async () => {
  const page = await answer("/");
  expect(page).toMatchObject({
    status: 200,
    headers: { "x-frame-options": "DENY", "cross-origin-resource-policy": "same-origin" },
  });
  expect(page.body).toContain("page");
  expect(await answer("/part.js")).toMatchObject({ status: 200, body: "export {};" });
});

test("a foreign Host is refused, so that no other site can be pointed at the server", async () => {
  for (const host of ["evil.example", "localhost.evil.example", "192.168.0.1:80"]) {
    expect((await answer("/", host)).status, host).toBe(403);
  }
});

test("nothing outside the folder is served", async () => {
  for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/nothing"]) {
    const { status } = await answer(path);
    expect([400, 404], path).toContain(status);
  }
});

test("class counts that CIFAR-10 has not are refused, or CIFAR-10 is not in the cache", async () => {
  const { status, body } = await answer("/data/cifar10?counts=9999999,1");
  expect(status).toBe(400);
  expect(body).toMatch(/^(invalid class count|CIFAR-10 is not in the cache)/);
});

test("a port that is taken is refused with what to do", async () => {
  const port = Number(new URL(server.address).port);
  await expect(serveStudio(folder, port)).rejects.toThrow(
    `cannot listen on port ${port}: another program uses it; choose another with --port`,
  );
});

test("a page that is not built is refused with what to do", async () => {
  await expect(serveStudio(join(folder, "no"), 0)).rejects.toThrow("build it with npm run build:studio");
});
