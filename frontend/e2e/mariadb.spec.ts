import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { confirmRestore, toOptions } from "./restore-steps";
import { mariadbString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a MariaDB database is added by its connection string", async ({ page }) => {
  await page.goto("/databases/new");
  const string = page.getByLabel("Connection string");
  await string.fill(mariadbString());
  await string.press("Enter");
  await expect(page.getByRole("radio", { name: "MariaDB" })).toBeChecked();
  await page.getByLabel("Name on this page").fill("Web shop");
  await page.getByRole("button", { name: "Test the connection" }).click();
  const result = page.getByRole("region", { name: "Connection test" });
  await expect(result).toContainText(/MariaDB \d+/);
  await expect(result).toContainText("May dump everything");
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByRole("heading", { name: "Web shop", level: 1 })).toBeVisible();
  await expect(page.getByRole("region", { name: "Connection", exact: true })).toContainText(/MariaDB \d+/);
});

test("it is backed up as a script, and restored into a new database", async ({ page }) => {
  await page.goto("/databases");
  await page.getByRole("article", { name: "Web shop" }).getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("SQL script");

  await toOptions(page);
  await expect(page.getByRole("radiogroup", { name: /^Definers/ })).toBeVisible();
  await checkShown(page, "the options of a MariaDB restore");
  // This backup has one part: it is read by one, and nobody has to know.
  await page.getByLabel("Parallel jobs").selectOption("2");
  await page.getByLabel("Into a new database called").fill("shop_restored");
  await confirmRestore(page, /creates a database/, "Restore into shop_restored");
  await expect(page.getByText("shop_restored is restored")).toBeVisible({ timeout: 60_000 });
});

test("its definitions go into a new database, and what stands in the way of the rows is told", async ({
  page,
}) => {
  await toOptions(page);
  await page.getByRole("radio", { name: "Definitions only, into a new database" }).click();
  await page.getByLabel("Into a new database called").fill("shop_shape");
  await confirmRestore(page, /creates a database/, "Restore into shop_shape");
  await expect(page.getByText("shop_shape is restored")).toBeVisible({ timeout: 60_000 });

  await toOptions(page);
  await page.getByRole("radio", { name: "Rows only, into empty tables" }).click();
  await page.getByLabel("Into the existing database").fill("shop_shape");
  const preflight = page.getByRole("region", { name: "Preflight" });
  // The shop's orders have a trigger, which cannot be switched off there.
  await expect(preflight).toContainText("Triggers on INSERT would act a second time");
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await checkShown(page, "conflicts of a restore");
  await page.getByLabel("Into the existing database").fill("no_such_database");
  await expect(preflight).toContainText("The database no_such_database does not exist");
});
