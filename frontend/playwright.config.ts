import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/start-stack.ts",
  // One product with one catalogue: the tests follow one another.
  workers: 1,
  fullyParallel: false,
  // Every route in one test, on a machine that may be busy.
  timeout: 240_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 900 },
    screenshot: "only-on-failure",
    // Snapshots of the page tell what happened; a film of it beside them takes a third more of the processor.
    trace: { mode: "retain-on-failure", screenshots: false },
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    },
  },
});
