import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolder } from "../../src/data/cacheFolder.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["BASERATE_CACHE before all else", { BASERATE_CACHE: "/b", XDG_CACHE_HOME: "/x" }, "linux", "/b"],
  ["a relative BASERATE_CACHE from where one is", { BASERATE_CACHE: "b" }, "linux", resolve("b")],
  ["XDG_CACHE_HOME", { BASERATE_CACHE: "", XDG_CACHE_HOME: "/x" }, "linux", "/x/baserate"],
  ["no relative XDG_CACHE_HOME", { XDG_CACHE_HOME: "x" }, "linux", join(homedir(), ".cache/baserate")],
  ["~/.cache", {}, "linux", join(homedir(), ".cache/baserate")],
  ["~/Library/Caches on macOS", {}, "darwin", join(homedir(), "Library/Caches/baserate")],
  ["%LOCALAPPDATA% on Windows", { LOCALAPPDATA: "/l" }, "win32", "/l/baserate/Cache"],
] as const)("cacheFolder() is %s", (_, env, platform, folder) => {
  expect(cacheFolder(env, platform)).toBe(folder);
});

test.skipIf(process.platform === "win32")(
  "cacheFolder() says what to set where there is no home folder",
  () => {
    for (const home of ["", "relative"]) {
      vi.stubEnv("HOME", home);
      expect(() => cacheFolder({})).toThrow(
        "no home folder to keep datasets in; set BASERATE_CACHE to a folder",
      );
    }
  },
);
