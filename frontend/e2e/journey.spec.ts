import { expect, type Page, test } from "@playwright/test";
import { choose, open, peek, press, reach, select, write } from "./keyboard";
import { confirmRestore, toOptions } from "./restore-steps";
import { connectionString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// Read when a test runs: listing the tests must work without a stack.
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("the first page says that there is no sign-in and what to do first", async ({ page }) => {
  await open(page, "/");
  await expect(page.getByRole("complementary", { name: "Access" })).toContainText("No sign-in");
  await expect(page.getByRole("heading", { name: "Add your first database" })).toBeVisible();
  await press(page, page.getByRole("main").getByRole("link", { name: "Add a database" }));
  await expect(page.getByRole("heading", { name: "Add a database" })).toBeVisible();
  // A new page begins at its top: the navigation is behind, the content before.
  await expect(page.getByRole("main")).toBeFocused();
  const navigation = page.getByRole("navigation", { name: "Main" });
  await press(page, navigation.getByRole("link", { name: "Schedules" }));
  await expect(page.getByRole("heading", { name: "Schedules", level: 1 })).toBeVisible();
  await expect(navigation.getByRole("link", { name: "Schedules" })).toHaveAttribute("aria-current", "page");
});

test("S3 storage is tested step by step and saved, by the keyboard alone", async ({ page }) => {
  const { s3 } = stack();
  await open(page, "/s3-configs");
  await press(page, page.getByRole("link", { name: /^Add/ }).first());
  const add = page.getByRole("button", { name: "Add the storage" });
  await write(page, page.getByLabel("Name", { exact: true }), "Offsite");
  await press(page, add);
  await expect(page.getByLabel("Bucket"), "the first field that is wrong").toBeFocused();
  await expect(page.getByLabel("Bucket")).toHaveAccessibleDescription(/Enter the bucket's name/);
  await write(page, page.getByLabel("Endpoint"), s3.endpoint);
  await write(page, page.getByLabel("Bucket"), s3.bucket);
  await write(page, page.getByLabel("Region"), s3.region);
  await write(page, page.getByLabel("Access key id"), s3.accessKey);
  await write(page, page.getByLabel("Secret access key"), "wrong");
  await press(page, page.getByRole("checkbox", { name: "Path style addresses" }), "Space");
  await press(page, page.getByRole("checkbox", { name: "Allow http" }), "Space");
  await press(page, add);
  await expect(page.getByText("The test failed, so nothing was saved")).toBeVisible();

  await write(page, page.getByLabel("Secret access key"), s3.secretKey);
  await press(page, page.getByRole("button", { name: "Test", exact: true }));
  await expect(page.getByRole("region", { name: "Storage test" })).toContainText("The object was deleted.");
  await press(page, add);
  await expect(page.getByRole("article", { name: "Offsite" })).toContainText("Default");
});

test("a mistake is told beside its field, the right password adds the database, by the keyboard alone", async ({
  page,
}) => {
  await open(page, "/databases/new");
  const string = page.getByLabel("Connection string");
  const add = page.getByRole("button", { name: "Add the database" });
  await press(page, add);
  await expect(page.getByLabel("Host"), "the first field that is wrong").toBeFocused();
  await expect(page.getByLabel("Host")).toHaveAccessibleDescription(/Enter the host/);
  await write(page, string, connectionString("not-the-password"));
  await page.keyboard.press("Enter");
  await press(page, add);
  await expect(page.getByText("The connection test failed, so nothing was saved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save anyway" })).toBeVisible();
  // Beside the field to mend, not only somewhere on the page.
  const password = page.getByLabel("Password", { exact: true });
  await expect(page.getByText(/refused the password of role/)).toBeVisible();
  await expect(password, "the field that is wrong").toBeFocused();

  await write(page, password, stack().postgres.password);
  await press(page, page.getByRole("button", { name: "Test the connection" }));
  const result = page.getByRole("region", { name: "Connection test" });
  await expect(result).toContainText(/PostgreSQL \d+/);
  await expect(result).toContainText("May dump everything");
  await press(page, add);
  await expect(page.getByRole("heading", { name: "shop", level: 1 })).toBeVisible();
  await expect(page.getByText("Online")).toBeVisible();
});

test("a backup goes to disk and S3, and its log is there to read, by the keyboard alone", async ({
  page,
}) => {
  await open(page, "/databases");
  const now = page.getByRole("article", { name: "shop" }).getByRole("button", { name: "Back up now" });
  const dialog = page.getByRole("dialog", { name: "Back up shop" });
  await peek(page, now, dialog);
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("checkbox", { name: "Local disk" })).toBeChecked();
  await expect(dialog.getByRole("checkbox", { name: "S3: Offsite" })).toBeChecked();
  await write(page, dialog.getByLabel("Label"), "before the migration");
  await press(page, dialog.getByRole("button", { name: "Start the backup" }));

  await expect(page).toHaveURL(/\/backups\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("main"), "the new page begins at its top").toBeFocused();
  await expect(page.getByRole("banner").or(page.locator("header")).getByText("Completed")).toBeVisible({
    timeout: 60_000,
  });
  const copies = page.getByRole("region", { name: "Copies" });
  await expect(copies.getByText("Complete", { exact: true })).toHaveCount(2);
  const log = page.getByRole("log");
  await expect(log).toContainText(/order/);
  // So low that not all lines are seen at once.
  await page.setViewportSize({ width: 1280, height: 480 });
  await reach(page, log);
  await page.keyboard.press("Home");
  await expect(page.getByRole("button", { name: /^To the end/ }), "following stops").toBeVisible();
  const search = page.getByLabel("Search the log");
  await write(page, search, "no such line anywhere");
  await expect(page.getByText("No line fits the filter.")).toBeVisible();
  await write(page, search, "");

  const download = page.waitForEvent("download");
  await press(page, page.getByRole("link", { name: "Download" }));
  expect((await download).suggestedFilename()).toMatch(/^shop_manual_\d{8}_\d{6}_.+\.dump\.gz$/);
});

test("the backup is restored from S3 into a new database, by the keyboard alone", async ({ page }) => {
  await open(page, "/backups");
  await press(page, page.getByRole("table", { name: "Backups" }).getByRole("link").first());
  await press(page, page.getByRole("link", { name: "Restore", exact: true }));
  await select(page, page.getByLabel("Read from which copy"), "S3: Offsite");
  await press(page, page.getByRole("button", { name: "Options" }));
  const into = page.getByLabel("Into a new database called");
  await expect(into).toHaveValue("shop_restored");

  const confirm = page.getByRole("button", { name: "Confirm" });
  await write(page, into, "shop");
  await expect(page.getByRole("region", { name: "Preflight" })).toContainText(/exist/i);
  await expect(confirm).toBeDisabled();
  await write(page, into, "shop_restored");
  await press(page, confirm);

  const go = page.getByRole("button", { name: "Restore into shop_restored" });
  await expect(go).toBeDisabled();
  await press(page, page.getByRole("checkbox", { name: /I understand/ }), "Space");
  await press(page, go);
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

test("a bucket is browsed and its backup chosen for a restore, by the keyboard alone", async ({ page }) => {
  await open(page, "/restore/new");
  await choose(page, page.getByRole("radiogroup", { name: "Restore from" }), "A bucket");
  for (const folder of [/^shop ?, folder$/, /^\d{4} ?, folder$/, /^\d{2} ?, folder$/]) {
    await press(page, page.getByRole("button", { name: folder }));
  }
  await press(page, page.getByRole("button", { name: /shop_manual_.*\.dump\.gz/ }).first());
  await press(page, page.getByRole("button", { name: "Options" }));
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
