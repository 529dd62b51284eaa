import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, fromMenu, open, press, reach, write } from "./keyboard";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

const FORM = { type: "custom", cronExpression: "0 4 * * *", timezone: "UTC", uploadToS3: false };

test("schedules are made, run on the minute, by hand with the log watched live, and changed, by the keyboard alone", async ({
  page,
  context,
}) => {
  const id = await addDatabase(page, "Night shop");
  await open(page, `/databases/${id}`);
  await expect(page.getByText("None: it is backed up only when somebody thinks of it.")).toBeVisible();

  const schedules = page.getByRole("region", { name: "Schedules" });
  await press(page, schedules.getByRole("link", { name: "Add a schedule" }));
  await expect(page.getByLabel("Database", { exact: true })).toContainText("Night shop");
  await write(page, page.getByLabel("Name"), "Minute by minute");
  await choose(page, page.getByRole("radiogroup", { name: "How often" }), "Custom");
  const cron = page.getByLabel("Cron expression");
  const preview = page.getByRole("region", { name: "What it will do" });
  await write(page, cron, "* 25 * * *");
  await expect(preview).toContainText("Field 2 (hour), position 3: '25' is not a number from 0 to 23.");
  await checkShown(page, "a schedule form with a bad expression");
  await press(page, page.getByRole("button", { name: "Add the schedule" }));
  await expect(cron, "the field that is wrong").toBeFocused();
  await write(page, cron, "* * * * *");
  await expect(preview).toContainText("Every minute");
  await expect(preview.getByRole("listitem")).toHaveCount(5);
  await press(page, page.getByRole("button", { name: "Add the schedule" }));

  const row = page.getByRole("listitem").filter({ hasText: "Minute by minute" });
  await expect(row).toContainText(/in \d+ s/);
  await expect(row).toContainText("None yet");
  // The minute is not waited for with idle hands.
  const byHand = { ...FORM, databaseId: await addDatabase(page, "Day shop"), name: "By hand" };
  expect((await page.request.post("/api/schedules", { data: byHand })).ok()).toBe(true);
  await runAndChange(await context.newPage());
  await page.bringToFront();
  // The minute turns: no reload, the page hears of it.
  await expect(row.getByText("Completed")).toBeVisible({ timeout: 120_000 });
  await press(page, row.getByRole("link", { name: /Completed/ }));
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("Minute by minute");
  await expect(page.getByRole("log")).toContainText("Backup completed");
});

test("one is deleted, and its backups stay", async ({ page }) => {
  await page.goto("/schedules");
  const row = page.getByRole("listitem").filter({ hasText: "Minute by minute" });
  await row.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the schedule" }).click();
  await expect(row).toHaveCount(0);
  await page.goto("/backups");
  await expect(page.getByRole("table", { name: "Backups" })).toContainText("Night shop");
});

async function addDatabase(page: Page, name: string): Promise<string> {
  const { host, port, database, username, password } = stack().postgres;
  const data = { name, type: "postgresql", host, port, database, username, password };
  return (await (await page.request.post("/api/databases", { data })).json()).data.id;
}

/** In a page of its own, while the other one waits for its minute. */
async function runAndChange(page: Page) {
  await open(page, "/schedules");
  const row = page.getByRole("listitem").filter({ hasText: "By hand" });
  await press(page, row.getByRole("switch"), "Space");
  await expect(row).toContainText("Switched off");
  const more = row.getByRole("button", { name: /^More for/ });
  await fromMenu(page, more, "Delete…");
  await expect(page.getByRole("button", { name: "Keep it" }), "the harmless answer").toBeFocused();
  await page.keyboard.press("Enter");
  await expect(more, "the focus goes back to where the dialog was opened").toBeFocused();
  await fromMenu(page, more, "Run now");
  await expect(page).toHaveURL(/\/backups\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("log")).toContainText("Connected to PostgreSQL");
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("log")).toContainText("Backup completed");

  await open(page, "/schedules");
  await press(page, row.getByRole("link", { name: "By hand" }));
  await choose(page, page.getByRole("radiogroup", { name: "How often" }), "Weekly");
  await press(page, page.getByRole("button", { name: "Monday" }), "Space");
  await reach(page, page.getByLabel("At", { exact: true }));
  await page.keyboard.type("0330AM");
  await write(page, page.getByLabel("Time zone"), "Europe/Berlin");
  await expect(page.getByRole("region", { name: "What it will do" })).toContainText(
    "At 03:30, only on Sunday and Monday",
  );
  await press(page, page.getByRole("button", { name: "Save the changes" }));
  await press(page, row.getByRole("switch"), "Space");
  await expect(row).toContainText(/(Sun|Mon) \d+ \w+, 03:30/);
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Upcoming" })).toContainText("Day shop");
  await page.close();
}
