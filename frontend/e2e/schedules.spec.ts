import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { connectionString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a schedule made on the page runs on the minute", async ({ page }) => {
  await page.goto("/databases/new");
  const string = page.getByLabel("Connection string");
  await string.fill(connectionString());
  await string.press("Enter");
  await page.getByLabel("Name on this page").fill("Night shop");
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByText("None: it is backed up only when somebody thinks of it.")).toBeVisible();

  await page.getByRole("region", { name: "Schedules" }).getByRole("link", { name: "Add a schedule" }).click();
  await expect(page.getByLabel("Database", { exact: true })).toContainText("Night shop");
  await page.getByLabel("Name").fill("Minute by minute");
  await page.getByRole("radio", { name: "Custom" }).click();
  const cron = page.getByLabel("Cron expression");
  const preview = page.getByRole("region", { name: "What it will do" });
  await cron.fill("* 25 * * *");
  await expect(preview).toContainText("Field 2 (hour), position 3: '25' is not a number from 0 to 23.");
  await checkShown(page, "a schedule form with a bad expression");
  await cron.fill("* * * * *");
  await expect(preview).toContainText("Every minute");
  await expect(preview.getByRole("listitem")).toHaveCount(5);
  await page.getByRole("button", { name: "Add the schedule" }).click();

  const row = page.getByRole("listitem").filter({ hasText: "Minute by minute" });
  await expect(row).toContainText(/in \d+ s/);
  await expect(row).toContainText("None yet");
  // The minute turns: no reload, the page hears of it.
  await expect(row.getByText("Completed")).toBeVisible({ timeout: 120_000 });
  await row.getByRole("link", { name: /Completed/ }).click();
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("Minute by minute");
  await expect(page.getByRole("log")).toContainText("Backup completed");
});

test("it is switched off, run by hand with its log watched live, and changed", async ({ page }) => {
  await page.goto("/schedules");
  const row = page.getByRole("listitem").filter({ hasText: "Minute by minute" });
  await row.getByRole("switch").click();
  await expect(row).toContainText("Switched off");
  await row.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Run now" }).click();
  await expect(page).toHaveURL(/\/backups\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("log")).toContainText("Connected to PostgreSQL");
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("log")).toContainText("Backup completed");

  await page.goto("/schedules");
  await row.getByRole("link", { name: "Minute by minute" }).click();
  await page.getByRole("radio", { name: "Weekly" }).click();
  await page.getByRole("button", { name: "Monday" }).click();
  await page.getByLabel("At", { exact: true }).fill("03:30");
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await expect(page.getByRole("region", { name: "What it will do" })).toContainText(
    "At 03:30, only on Sunday and Monday",
  );
  await page.getByRole("button", { name: "Save the changes" }).click();
  await row.getByRole("switch").click();
  await expect(row).toContainText(/(Sun|Mon) \d+ \w+, 03:30/);
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Upcoming" })).toContainText("Night shop");
});

test("it is deleted, and its backups stay", async ({ page }) => {
  await page.goto("/schedules");
  const row = page.getByRole("listitem").filter({ hasText: "Minute by minute" });
  await row.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the schedule" }).click();
  await expect(row).toHaveCount(0);
  await page.goto("/backups");
  await expect(page.getByRole("table", { name: "Backups" })).toContainText("Night shop");
});
