import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, open, peek, press, write } from "./keyboard";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

let database = "";

test("an assertion is written, and one that is no query is refused beside its field, by the keyboard alone", async ({
  page,
}) => {
  const added = await page.request.post("/api/databases", {
    data: { name: "Proven shop", type: "postgresql", ...stack().postgres },
  });
  database = (await added.json()).data.id;
  await open(page, `/databases/${database}`);
  const proof = page.getByRole("region", { name: "Proof" });
  await expect(proof).toContainText("Everything: there is no good backup");
  const opener = proof.getByRole("button", { name: "Change" });
  const dialog = page.getByRole("dialog", { name: /How backups of Proven shop are proven/ });
  await peek(page, opener, dialog);
  await page.keyboard.press("Enter");
  await press(page, dialog.getByRole("button", { name: "Add an assertion" }));
  await write(page, dialog.getByLabel("What it says"), "There are tables");
  await write(page, dialog.getByLabel("Query"), "DROP TABLE orders");
  await press(page, dialog.getByRole("button", { name: "Save" }));
  await expect(dialog).toContainText("an assertion is one query that only reads");
  const query = "SELECT count(*) > 0 FROM pg_tables WHERE schemaname = 'public'";
  await write(page, dialog.getByLabel("Query"), query);
  await press(page, dialog.getByRole("button", { name: "Save" }));
  await expect(proof).toContainText("There are tables");
  await expect(opener, "the focus goes back to where the dialog was opened").toBeFocused();
  await checkShown(page, "a database with assertions");
});

test("a backup is proven at level 4, and the database says how fast it is back, by the keyboard alone", async ({
  page,
}) => {
  await open(page, `/databases/${database}`);
  await press(page, page.getByRole("button", { name: "Back up now" }));
  await press(page, page.getByRole("dialog").getByRole("button", { name: "Start the backup" }));
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("Signed by this instance");
  await expect(page.getByRole("region", { name: "Tables" })).toContainText("All rows were counted exactly.");
  const panel = page.getByRole("region", { name: "Verifications" });
  const opener = panel.getByRole("button", { name: "Verify" });
  const dialog = page.getByRole("dialog", { name: "Verify this backup" });
  await peek(page, opener, dialog);
  await page.keyboard.press("Enter");
  await choose(page, dialog.getByRole("radiogroup", { name: "How far" }), "4. Ask your own questions");
  await press(page, dialog.getByRole("button", { name: "Start the verification" }));
  await expect(panel.getByText("There are tables: holds.")).toBeVisible({ timeout: 60_000 });
  await expect(panel).toContainText("Completed");
  await checkShown(page, "a backup that is proven");
  await page.goto(`/databases/${database}`);
  await expect(page.getByRole("region", { name: "Proof" })).toContainText(/Proven restorable.*as measured/);
});

test("a key is made and kept, and the recovery kit is downloaded after a question, by the keyboard alone", async ({
  page,
}) => {
  await open(page, "/encryption-keys");
  const opener = page.getByRole("button", { name: "Generate a key" }).first();
  const dialog = page.getByRole("dialog", { name: "Generate a key" });
  await peek(page, opener, dialog);
  await page.keyboard.press("Enter");
  await write(page, dialog.getByLabel("Name"), "Backups 2026");
  await press(page, dialog.getByRole("button", { name: "Generate", exact: true }));
  const made = page.getByRole("dialog", { name: "Keep Backups 2026 safe" });
  const file = page.waitForEvent("download");
  await press(page, made.getByRole("button", { name: "Download the key file" }));
  expect((await file).suggestedFilename()).toBe("age-key-Backups_2026.txt");
  await press(page, made.getByRole("button", { name: "Done" }));
  const card = page.getByRole("article", { name: "Backups 2026" });
  await expect(card).toContainText("private key here, and downloaded");
  await checkShown(page, "the recovery kit");
  const ask = page.getByRole("button", { name: "Download the kit" });
  const question = page.getByRole("alertdialog");
  await peek(page, ask, question);
  await page.keyboard.press("Enter");
  const kit = page.waitForEvent("download");
  await press(page, question.getByRole("button", { name: "Download" }));
  expect((await kit).suggestedFilename()).toMatch(/^recovery-kit_.*\.zip$/);
  await press(page, card.getByRole("button", { name: "Retire" }));
  await press(page, page.getByRole("alertdialog").getByRole("button", { name: "Retire it" }));
  await expect(card).toContainText("Retired");
});
