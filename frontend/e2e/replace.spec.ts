import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, peek, press, write } from "./keyboard";
import { toOptions } from "./restore-steps";
import { connectionString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a database is added and backed up", async ({ page }) => {
  await page.goto("/databases/new");
  const string = page.getByLabel("Connection string");
  await string.fill(connectionString());
  await string.press("Enter");
  await page.getByLabel("Name on this page").fill("Till");
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByRole("heading", { name: "Till", level: 1 })).toBeVisible();
  await page.goto("/databases");
  await page.getByRole("article", { name: "Till" }).getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
});

test("it is replaced by the keyboard alone, its name typed, and undone", async ({ page }) => {
  test.slow();
  await toOptions(page);
  await choose(page, page.getByRole("radiogroup", { name: "What to do" }), "Drop and recreate the database");
  await expect(page.getByLabel("The database", { exact: true })).toHaveValue("shop");
  const stop = page.getByRole("checkbox", { name: "End active connections" });
  await press(page, stop, "Space");
  await expect(stop).toBeChecked();
  const preflight = page.getByRole("region", { name: "Preflight" });
  await expect(preflight).toContainText("is replaced at the very end, by one rename");
  await checkShown(page, "the options of a restore that replaces");
  const confirm = page.getByRole("button", { name: "Confirm" });
  await expect(confirm).toBeEnabled();
  await press(page, confirm);

  const go = page.getByRole("button", { name: "Replace shop" });
  await expect(go).toBeDisabled();
  await write(page, page.getByLabel(/Type the name of the database/), "shop");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await expect(page.getByRole("checkbox", { name: /this will modify the database shop/ })).toBeChecked();
  await checkShown(page, "the confirmation of a restore that replaces");
  await press(page, go);
  await expect(page).toHaveURL(/\/restores\/[0-9a-f-]{36}$/);

  await expect(page.getByText("shop is restored")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("This restore can be undone")).toBeVisible();
  await expect(page.getByText(/^shop_replaced_[0-9a-f]{8}$/)).toBeVisible();
  await expect(page.getByRole("region", { name: "Checked afterwards" })).toContainText(
    "the same as in the manifest",
  );
  await checkShown(page, "a restore that can be undone");
  const replaced = page.url();

  const undo = page.getByRole("button", { name: "Undo", exact: true });
  const dialog = page.getByRole("alertdialog");
  await peek(page, undo, dialog);
  await page.keyboard.press("Enter");
  await press(page, dialog.getByRole("checkbox", { name: "End active connections" }), "Space");
  await press(page, dialog.getByRole("button", { name: "Undo the restore" }));
  await expect(page.getByText("shop is what it was before")).toBeVisible({ timeout: 60_000 });

  await page.goto(replaced);
  await expect(page.getByText("This restore was undone")).toBeVisible();
  await press(page, page.getByRole("button", { name: "Let the restored database go" }));
  await press(page, page.getByRole("alertdialog").getByRole("button", { name: "Drop it" }));
  await expect(page.getByText("This restore was undone")).toBeHidden({ timeout: 60_000 });
  await page.goto("/restores");
  await expect(page.getByRole("table", { name: "Restores" })).toContainText("Takes a restore back");
});
