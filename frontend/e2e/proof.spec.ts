import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

let database = "";

test("an assertion is written, and one that is no query is refused beside its field", async ({ page }) => {
  const added = await page.request.post("/api/databases", {
    data: { name: "Proven shop", type: "postgresql", ...stack().postgres },
  });
  database = (await added.json()).data.id;
  await page.goto(`/databases/${database}`);
  const proof = page.getByRole("region", { name: "Proof" });
  await expect(proof).toContainText("Everything: there is no good backup");
  await proof.getByRole("button", { name: "Change" }).click();
  const dialog = page.getByRole("dialog", { name: /How backups of Proven shop are proven/ });
  await dialog.getByRole("button", { name: "Add an assertion" }).click();
  await dialog.getByLabel("What it says").fill("There are tables");
  await dialog.getByLabel("Query").fill("DROP TABLE orders");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toContainText("an assertion is one query that only reads");
  await dialog.getByLabel("Query").fill("SELECT count(*) > 0 FROM pg_tables WHERE schemaname = 'public'");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(proof).toContainText("There are tables");
  await checkShown(page, "a database with assertions");
});

test("a backup is proven at level 4, and the database says how fast it is back", async ({ page }) => {
  await page.goto(`/databases/${database}`);
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("Signed by this instance");
  await expect(page.getByRole("region", { name: "Tables" })).toContainText("All rows were counted exactly.");
  const panel = page.getByRole("region", { name: "Verifications" });
  await panel.getByRole("button", { name: "Verify" }).click();
  await page.getByRole("radio", { name: "4. Ask your own questions" }).click();
  await page.getByRole("button", { name: "Start the verification" }).click();
  await expect(panel.getByText("There are tables: holds.")).toBeVisible({ timeout: 60_000 });
  await expect(panel).toContainText("Completed");
  await checkShown(page, "a backup that is proven");
  await page.goto(`/databases/${database}`);
  await expect(page.getByRole("region", { name: "Proof" })).toContainText(/Proven restorable.*as measured/);
});

test("the recovery kit is downloaded after a question", async ({ page }) => {
  await page.goto("/encryption-keys");
  await checkShown(page, "the recovery kit");
  await page.getByRole("button", { name: "Download the kit" }).click();
  const kit = page.waitForEvent("download");
  await page.getByRole("alertdialog").getByRole("button", { name: "Download" }).click();
  expect((await kit).suggestedFilename()).toMatch(/^recovery-kit_.*\.zip$/);
});
