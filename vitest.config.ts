import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/propertySeed.ts"],
    testTimeout: 20_000,
    // A browser on a busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
    env: { TZ: "UTC", NO_COLOR: "1" },
  },
});
