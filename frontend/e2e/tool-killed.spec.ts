import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { press } from "./keyboard";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

const NAME = "Killed shop";
let id = "";

test("a dump tool that is killed: the page shows it at once, with the reason and the way on", async ({
  page,
}) => {
  const { postgres } = stack();
  const { host, port, database, username, password } = postgres;
  const data = { name: NAME, type: "postgresql", host, port, database, username, password };
  const added = await page.request.post("/api/databases", { data });
  id = (await added.json()).data.id;
  const release = await holdTable();
  try {
    await begin(page);
    await expectCalm(page);
    process.kill(await dumpTool(port), "SIGKILL");
  } finally {
    release();
  }
  // The page's own aim is one second; the rest is for a busy machine.
  await expect(page.locator("header").getByText("Failed", { exact: true })).toBeVisible({ timeout: 5_000 });
  await expect(page.getByText("This backup failed. Nothing of it can be restored.")).toBeVisible();
  await expect(page.getByText(/it was killed from outside.*Run it again\./).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Progress" })).toHaveCount(0);
  const said = page.getByRole("status").filter({ hasText: `Backup of ${NAME} failed.` });
  await expect(said, "a screen reader hears it").toContainText("Run it again.");

  await press(page, page.getByRole("button", { name: "Back up again" }));
  await press(page, page.getByRole("dialog").getByRole("button", { name: "Start the backup" }));
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
});

test("the program itself is killed: the page says so, comes back by itself and shows the run as cut off", async ({
  page,
}) => {
  const { stackPid } = stack();
  const release = await holdTable();
  await begin(page);
  process.kill(stackPid, "SIGUSR1");
  try {
    await expect(page.getByText(/^Offline\./)).toBeVisible();
  } finally {
    release();
    process.kill(stackPid, "SIGUSR2");
  }
  await expect(page.getByText(/^Offline\./)).toHaveCount(0, { timeout: 60_000 });
  await expect(page.locator("header").getByText("Failed", { exact: true })).toBeVisible();
  await expect(page.getByText(/the program ended while this was running/i).first()).toBeVisible();
  expect((await page.request.delete(`/api/databases/${id}`)).ok()).toBe(true);
});

/** Whoever wants reduced motion sees none, where most of it is: the badge and the bar of a run that goes on. */
async function expectCalm(page: Page) {
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length);
  await expect.poll(moving).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await expect.poll(moving).toBe(0);
}

/** Starts a backup and waits until its page shows it at work. */
async function begin(page: Page) {
  const data = { databaseId: id, uploadToS3: false };
  const begun = await page.request.post("/api/backups", { data });
  expect(begun.ok(), await begun.text()).toBe(true);
  await page.goto(`/backups/${(await begun.json()).data.id}`);
  await expect(page.locator("header").getByText("Running")).toBeVisible();
  await expect(page.getByRole("region", { name: "Progress" })).toContainText("Dump");
}

/** Locks a table, so that the dump waits for it: time enough to strike. Returns how to let it go. */
async function holdTable() {
  const { postgres, pgDump } = stack();
  const { host, port, database, username, password } = postgres;
  const login = ["-h", host, "-p", String(port), "-U", username, "-d", database];
  const psql = spawn(join(dirname(pgDump), "psql"), ["-qAtX", ...login], {
    env: { PGPASSWORD: password },
    stdio: ["pipe", "pipe", "inherit"],
  });
  psql.stdin.write("BEGIN; LOCK TABLE customer; SELECT 'locked';\n");
  await once(psql.stdout, "data");
  return () => psql.kill();
}

/** The process of the dump that reads from the server on this port. */
async function dumpTool(port: number): Promise<number> {
  let found: number | undefined;
  await expect
    .poll(() => {
      found = readdirSync("/proc")
        .filter(isNumber)
        .map(Number)
        .find((pid) => isDump(pid, port));
      return found;
    })
    .toBeDefined();
  return Number(found);
}

function isDump(pid: number, port: number): boolean {
  try {
    const [program = "", ...given] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return (
      program.endsWith("/pg_dump") &&
      given.some((one) => one.includes(`port=${port}`) || one.includes(`port='${port}'`))
    );
  } catch {
    // It ended meanwhile.
    return false;
  }
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}
