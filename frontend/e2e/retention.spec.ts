import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, open, press, select, write } from "./keyboard";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a policy is tried out on real backups before it is saved, then chosen for a backup", async ({
  page,
}) => {
  const { host, port, database, username, password } = stack().postgres;
  const data = { name: "Kept shop", type: "postgresql", host, port, database, username, password };
  const { id } = (await (await page.request.post("/api/databases", { data })).json()).data;
  await page.goto(`/databases/${id}`);
  await page.getByRole("button", { name: "Back up now" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });

  // From here to the saved policy by the keyboard alone.
  await open(page, "/retention-policies");
  await expect(page.getByRole("article", { name: "Standard 24h/7d/4w/12m" })).toContainText("Not in use");
  await press(page, page.getByRole("link", { name: "Add a policy" }));
  const add = page.getByRole("button", { name: "Add the policy" });
  const name = page.getByLabel("Name", { exact: true });
  await press(page, add);
  await expect(name, "the first field that is wrong").toBeFocused();
  await write(page, name, "Two weeks");
  await choose(page, page.getByRole("radiogroup", { name: "What decides" }), "Age");
  await write(page, page.getByRole("textbox", { name: "Days" }), "14");
  const preview = page.getByRole("region", { name: "Preview" });
  await select(page, preview.getByLabel("Database", { exact: true }), "Kept shop");
  await expect(preview).toContainText("1 backup kept");
  await expect(preview.getByRole("list", { name: /what becomes of them/ })).toContainText(
    "It is the newest good backup of the database.",
  );
  const timeline = preview.getByRole("listbox", { name: "Backups on a timeline" });
  await press(page, timeline, "Home");
  await expect(timeline.getByRole("option", { selected: true })).toHaveAccessibleName(/^Kept: /);
  await checkShown(page, "the preview of a policy");

  await choose(page, preview.getByRole("radiogroup").first(), "Twelve months ahead");
  await select(page, preview.getByLabel("A backup is made"), "Every day at 02:00");
  await expect(preview).toContainText("In twelve months 14 backups would be there");
  await checkShown(page, "twelve months ahead");
  await press(page, add);
  await expect(page.getByRole("article", { name: "Two weeks" })).toContainText(
    "What is not older than 14 days.",
  );

  await page.goto("/databases");
  const card = page.getByRole("article", { name: "Kept shop" });
  await card.getByRole("button", { name: "Back up now" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Keep it").selectOption({ label: "By the policy Two weeks" });
  await dialog.getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("region", { name: "Retention" })).toContainText(
    "Two weeks: it is within the limits",
  );
});

test("the policy cannot be deleted while the backup has it, and the page says who that is", async ({
  page,
}) => {
  await page.goto("/retention-policies");
  const opener = page.getByRole("button", { name: "Delete Two weeks" });
  const dialog = page.getByRole("alertdialog");
  await press(page, opener);
  await press(page, dialog.getByRole("button", { name: "Delete" }));
  await expect(dialog).toContainText("is in use by the backup");
  await press(page, dialog.getByRole("button", { name: "Cancel" }));
  await expect(opener, "the focus goes back to where the dialog was opened").toBeFocused();
  await page.getByRole("button", { name: "Clean up now" }).click();
  await expect(page.getByText(/0 backups .* were deleted/)).toBeVisible();
});
