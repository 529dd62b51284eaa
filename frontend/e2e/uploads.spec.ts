import { execFileSync } from "node:child_process";
import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { confirmRestore } from "./restore-steps";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

const NAME = "Shop for uploads";

function dump(...flags: string[]): Buffer {
  const { postgres, pgDump } = stack();
  const login = ["-h", postgres.host, "-p", String(postgres.port), "-U", postgres.username];
  return execFileSync(pgDump, [...login, ...flags, postgres.database], {
    env: { PGPASSWORD: postgres.password },
    maxBuffer: 1 << 28,
  });
}

async function openFiles(page: Page) {
  await page.goto("/restore/new");
  await page.getByRole("radio", { name: "A file" }).click();
  await expect(page.getByRole("button", { name: "Choose a file" })).toBeVisible();
}

/** The server that takes what is restored, and the trust that its superuser asks for. */
async function toTarget(page: Page, database: string) {
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByLabel("On the server of").selectOption({ label: NAME });
  await page.getByLabel("Into a new database called").fill(database);
  const preflight = page.getByRole("region", { name: "Preflight" });
  await expect(preflight).toContainText("could run programs and read files");
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await page.getByRole("checkbox", { name: /trust it/ }).check();
}

test("a dump of pg_dump is uploaded, and two of its tables are restored", async ({ page, request }) => {
  const { host, port, database, username, password } = stack().postgres;
  const form = { name: NAME, type: "postgresql", host, port, database, username, password };
  expect((await request.post("/api/databases", { data: form })).ok()).toBe(true);

  await openFiles(page);
  await page
    .getByLabel("File to upload")
    .setInputFiles({ name: "shop.dump", mimeType: "application/octet-stream", buffer: dump("-Fc") });
  const upload = page.getByRole("radio", { name: /^shop\.dump/ });
  await expect(upload).toBeEnabled({ timeout: 30_000 });
  await checkShown(page, "an uploaded file");
  // It is still there after a reload.
  await openFiles(page);
  await expect(page.getByText(/PostgreSQL archive \(pg_dump\), server \d+/)).toBeVisible();
  await upload.check();
  await toTarget(page, "shop_two_tables");
  await page.getByRole("radio", { name: "Chosen tables and schemas" }).click();
  await page.getByRole("checkbox", { name: /^customer/ }).check();
  await page.getByRole("checkbox", { name: /^product/ }).check();
  await expect(page.getByText("2 of 6 chosen")).toBeVisible();
  await checkShown(page, "the contents of an upload");
  await confirmRestore(page, /creates a database/, "Restore into shop_two_tables");
  await expect(page.getByText("shop_two_tables is restored")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("public.customer, public.product");
});

test("a file that is no dump is refused with the reason, and removed", async ({ page }) => {
  await openFiles(page);
  await page.getByLabel("File to upload").setInputFiles({
    name: "photos.zip",
    mimeType: "application/zip",
    buffer: Buffer.from("PK\x03\x04 and more"),
  });
  await expect(page.getByText("This is a ZIP archive.", { exact: false })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("radio", { name: /^photos\.zip/ })).toBeDisabled();
  await page.getByRole("button", { name: "Delete photos.zip" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await expect(page.getByText("photos.zip")).toHaveCount(0);
});

test("a script is run in a new database, and one that reaches for the host is not", async ({ page }) => {
  await page.goto("/restore/new");
  await page.getByRole("radio", { name: "A script" }).click();
  await page.getByLabel("SQL").fill("CREATE TABLE note (id int);\n\\! touch /tmp/reached\n");
  await checkShown(page, "a script");
  await toTarget(page, "from_script");
  await expect(page.getByRole("region", { name: "Preflight" })).toContainText(
    "Line 2 of the script is the psql command \\!",
  );
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await page.getByRole("button", { name: "Source" }).click();
  await page.getByLabel("SQL").fill("CREATE TABLE note (id int);\n");
  await toTarget(page, "from_script");
  await confirmRestore(page, /creates a database/, "Restore into from_script");
  await expect(page.getByText("from_script is restored")).toBeVisible({ timeout: 60_000 });
});
