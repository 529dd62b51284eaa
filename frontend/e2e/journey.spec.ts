import { expect, type Page, test } from "@playwright/test";
import { confirmRestore, toOptions } from "./restore-steps";
import { connectionString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// Read when a test runs: listing the tests must work without a stack.
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("the first page says that there is no sign-in and what to do first", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("complementary", { name: "Access" })).toContainText("No sign-in");
  await expect(page.getByRole("heading", { name: "Add your first database" })).toBeVisible();
  await page.getByRole("link", { name: "Add a database" }).click();
  await expect(page.getByRole("heading", { name: "Add a database" })).toBeVisible();
});

test("S3 storage is tested step by step and saved", async ({ page }) => {
  const { s3 } = stack();
  await page.goto("/s3-configs/new");
  await page.getByLabel("Name", { exact: true }).fill("Offsite");
  await page.getByLabel("Endpoint").fill(s3.endpoint);
  await page.getByLabel("Bucket").fill(s3.bucket);
  await page.getByLabel("Region").fill(s3.region);
  await page.getByLabel("Access key id").fill(s3.accessKey);
  await page.getByLabel("Secret access key").fill("wrong");
  await page.getByRole("checkbox", { name: "Path style addresses" }).check();
  await page.getByRole("checkbox", { name: "Allow http" }).check();
  await page.getByRole("button", { name: "Add the storage" }).click();
  await expect(page.getByText("The test failed, so nothing was saved")).toBeVisible();

  await page.getByLabel("Secret access key").fill(s3.secretKey);
  await page.getByRole("button", { name: "Add the storage" }).click();
  await expect(page.getByRole("article", { name: "Offsite" })).toContainText("Default");
});

test("a wrong password is told in the form, the right one adds the database", async ({ page }) => {
  await page.goto("/databases/new");
  await fillConnection(page, connectionString("not-the-password"));
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByText("The connection test failed, so nothing was saved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save anyway" })).toBeVisible();
  // Beside the field to mend, not only somewhere on the page.
  await expect(page.getByText(/refused the password of role/)).toBeVisible();

  await fillConnection(page, connectionString());
  await page.getByRole("button", { name: "Test the connection" }).click();
  const result = page.getByRole("region", { name: "Connection test" });
  await expect(result).toContainText(/PostgreSQL \d+/);
  await expect(result).toContainText("May dump everything");
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByRole("heading", { name: "shop", level: 1 })).toBeVisible();
  await expect(page.getByText("Online")).toBeVisible();
});

test("a backup goes to disk and S3, and its log is there to read", async ({ page }) => {
  await page.goto("/databases");
  await page.getByRole("article", { name: "shop" }).getByRole("button", { name: "Back up now" }).click();
  const dialog = page.getByRole("dialog", { name: "Back up shop" });
  await expect(dialog.getByRole("checkbox", { name: "Local disk" })).toBeChecked();
  await expect(dialog.getByRole("checkbox", { name: "S3: Offsite" })).toBeChecked();
  await dialog.getByLabel("Label").fill("before the migration");
  await dialog.getByRole("button", { name: "Start the backup" }).click();

  await expect(page).toHaveURL(/\/backups\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("banner").or(page.locator("header")).getByText("Completed")).toBeVisible({
    timeout: 60_000,
  });
  const copies = page.getByRole("region", { name: "Copies" });
  await expect(copies.getByText("Complete", { exact: true })).toHaveCount(2);
  const log = page.getByRole("log");
  await expect(log).toContainText(/order/);
  await page.getByLabel("Search the log").fill("no such line anywhere");
  await expect(page.getByText("No line fits the filter.")).toBeVisible();
  await page.getByLabel("Search the log").fill("");

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toMatch(/^shop_manual_\d{8}_\d{6}_.+\.dump\.gz$/);
});

test("the backup is restored from S3 into a new database", async ({ page }) => {
  await page.goto("/backups");
  await page.getByRole("table", { name: "Backups" }).getByRole("link").first().click();
  await page.getByRole("link", { name: "Restore", exact: true }).click();
  await page.getByLabel("Read from which copy").selectOption({ label: "S3: Offsite" });
  await page.getByRole("button", { name: "Options" }).click();
  await expect(page.getByLabel("Into a new database called")).toHaveValue("shop_restored");

  await page.getByLabel("Into a new database called").fill("shop");
  await expect(page.getByRole("region", { name: "Preflight" })).toContainText(/exist/i);
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await page.getByLabel("Into a new database called").fill("shop_restored");
  await page.getByRole("button", { name: "Confirm" }).click();

  await expect(page.getByRole("button", { name: "Restore into shop_restored" })).toBeDisabled();
  await page.getByRole("checkbox", { name: /I understand/ }).check();
  await page.getByRole("button", { name: "Restore into shop_restored" }).click();
  await expect(page).toHaveURL(/\/restores\/[0-9a-f-]{36}$/);
  await expect(page.getByText("shop_restored is restored")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("log")).toContainText(/./);
});

test("the restored database is a database like any other", async ({ page }) => {
  await page.goto("/databases/new");
  await fillConnection(page, connectionString().replace(/\/shop$/, "/shop_restored"));
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByRole("heading", { name: "shop_restored", level: 1 })).toBeVisible();
  await expect(page.getByText("No backup yet")).toBeVisible();
});

test("definitions go into a new database, then the rows into its empty tables, and never twice", async ({
  page,
}) => {
  await toOptions(page);
  await page.getByRole("radio", { name: "Definitions only, into a new database" }).click();
  await page.getByLabel("Into a new database called").fill("shop_shape");
  await confirmRestore(page, /creates a database/, "Restore into shop_shape");
  await expect(page.getByText("shop_shape is restored")).toBeVisible({ timeout: 60_000 });

  await toOptions(page);
  await page.getByRole("radio", { name: "Rows only, into empty tables" }).click();
  await expect(page.getByLabel("Into the existing database")).toHaveValue("shop");
  const preflight = page.getByRole("region", { name: "Preflight" });
  await expect(preflight).toContainText("These tables hold rows already");
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await page.getByLabel("Into the existing database").fill("shop_shape");
  await expect(preflight).toContainText("The tables of the backup are empty");
  await confirmRestore(page, /existing database shop_shape/, "Add the rows to shop_shape");
  await expect(page.getByText("The rows are in shop_shape")).toBeVisible({ timeout: 60_000 });

  await toOptions(page);
  await page.getByRole("radio", { name: "Rows only, beside those that are there" }).click();
  await page.getByLabel("Into the existing database").fill("shop_shape");
  await confirmRestore(page, /existing database shop_shape/, "Add the rows to shop_shape");
  await expect(page.getByText(/This restore failed. Rows go in all at once or not at all/)).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByText(/duplicate key/).first()).toBeVisible();
});

test("a bucket can be browsed and its backup chosen for a restore", async ({ page }) => {
  await page.goto("/restore/new");
  await page.getByRole("radio", { name: "A bucket" }).click();
  for (const folder of [/^shop ?, folder$/, /^\d{4} ?, folder$/, /^\d{2} ?, folder$/]) {
    await page.getByRole("button", { name: folder }).click();
  }
  await page.getByRole("button", { name: /shop_manual_.*\.dump\.gz/ }).click();
  await page.getByRole("button", { name: "Options" }).click();
  await expect(page.getByRole("region", { name: "Preflight" })).toContainText("shop");
});

test("the theme follows the system, and a choice is remembered", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");
  await expect(page.locator("html")).toHaveClass(/dark/);
  await page.getByRole("radio", { name: "Light" }).first().click();
  await expect(page.locator("html")).not.toHaveClass(/dark/);
  await page.reload();
  await expect(page.locator("html")).not.toHaveClass(/dark/);
});

test("markup in a name is a name: it is shown, and nothing of it runs", async ({ page }) => {
  const name = `<img src=x onerror="window.ran = 'yes'"><script>window.ran = 'yes'</script>`;
  const { host, port, database, username, password } = stack().postgres;
  const form = { name, type: "postgresql", host, port, database, username, password };
  const made = await page.request.post("/api/databases?force=true", { data: form });
  const { id } = (await made.json()).data as { id: string };
  try {
    for (const route of ["/databases", `/databases/${id}`, `/databases/${id}/edit`, "/schedules/new", "/"]) {
      await page.goto(route);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.locator("body")).toContainText("<img src=x");
      expect(await page.evaluate(() => "ran" in window), route).toBe(false);
    }
  } finally {
    await page.request.delete(`/api/databases/${id}`);
  }
});

async function fillConnection(page: Page, text: string) {
  const field = page.getByLabel("Connection string");
  await field.fill(text);
  await field.press("Enter");
}
