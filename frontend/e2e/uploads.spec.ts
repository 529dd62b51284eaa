import { execFileSync } from "node:child_process";
import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, giveFile, open, press, select, write } from "./keyboard";
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
  await open(page, "/restore/new");
  await choose(page, page.getByRole("radiogroup", { name: "Restore from" }), "A file");
  await expect(page.getByRole("button", { name: "Choose a file" })).toBeVisible();
}

/** The server that takes what is restored, and the trust that its superuser asks for. */
async function toTarget(page: Page, database: string) {
  await press(page, page.getByRole("button", { name: "Options" }));
  await select(page, page.getByLabel("On the server of"), NAME);
  await write(page, page.getByLabel("Into a new database called"), database);
  const preflight = page.getByRole("region", { name: "Preflight" });
  await expect(preflight).toContainText("could run programs and read files");
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await press(page, page.getByRole("checkbox", { name: /trust it/ }), "Space");
}

async function restore(page: Page, database: string) {
  await press(page, page.getByRole("button", { name: "Confirm" }));
  const go = page.getByRole("button", { name: `Restore into ${database}` });
  await expect(go).toBeDisabled();
  await press(page, page.getByRole("checkbox", { name: /creates a database/ }), "Space");
  await press(page, go);
  await expect(page.getByText(`${database} is restored`)).toBeVisible({ timeout: 60_000 });
}

test("a dump of pg_dump is uploaded, and two of its tables are restored, by the keyboard alone", async ({
  page,
  request,
}) => {
  const { host, port, database, username, password } = stack().postgres;
  const form = { name: NAME, type: "postgresql", host, port, database, username, password };
  expect((await request.post("/api/databases", { data: form })).ok()).toBe(true);

  await openFiles(page);
  await giveFile(page, page.getByRole("button", { name: "Choose a file" }), "shop.dump", dump("-Fc"));
  const upload = page.getByRole("radio", { name: /^shop\.dump/ });
  await expect(upload).toBeEnabled({ timeout: 30_000 });
  await checkShown(page, "an uploaded file");
  // It is still there after a reload.
  await openFiles(page);
  await expect(page.getByText(/PostgreSQL archive \(pg_dump\), server \d+/)).toBeVisible();
  await press(page, upload, "Space");
  await toTarget(page, "shop_two_tables");
  await choose(page, page.getByRole("radiogroup", { name: "How much of it" }), "Chosen tables and schemas");
  await press(page, page.getByRole("checkbox", { name: /^customer/ }), "Space");
  await press(page, page.getByRole("checkbox", { name: /^product/ }), "Space");
  await expect(page.getByText("2 of 6 chosen")).toBeVisible();
  await checkShown(page, "the contents of an upload");
  await restore(page, "shop_two_tables");
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("public.customer, public.product");
});

test("a file that is no dump is refused with the reason, and removed, by the keyboard alone", async ({
  page,
}) => {
  await openFiles(page);
  const archive = Buffer.from("PK\x03\x04 and more");
  await giveFile(page, page.getByRole("button", { name: "Choose a file" }), "photos.zip", archive);
  await expect(page.getByText("This is a ZIP archive.", { exact: false })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("radio", { name: /^photos\.zip/ })).toBeDisabled();
  await press(page, page.getByRole("button", { name: "Delete photos.zip" }));
  await press(page, page.getByRole("button", { name: "Delete it" }));
  await expect(page.getByText("photos.zip")).toHaveCount(0);
});

test("a script is run in a new database, and one that reaches for the host is not, by the keyboard alone", async ({
  page,
}) => {
  await open(page, "/restore/new");
  await choose(page, page.getByRole("radiogroup", { name: "Restore from" }), "A script");
  await write(page, page.getByLabel("SQL"), "CREATE TABLE note (id int);\n\\! touch /tmp/reached\n");
  await checkShown(page, "a script");
  await toTarget(page, "from_script");
  await expect(page.getByRole("region", { name: "Preflight" })).toContainText(
    "Line 2 of the script is the psql command \\!",
  );
  await expect(page.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await press(page, page.getByRole("button", { name: "Source" }));
  await write(page, page.getByLabel("SQL"), "CREATE TABLE note (id int);\n");
  await toTarget(page, "from_script");
  await restore(page, "from_script");
});
