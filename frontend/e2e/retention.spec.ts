import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { connectionString, stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a policy is tried out on real backups before it is saved, then chosen for a backup", async ({
  page,
}) => {
  await page.goto("/databases/new");
  await page.getByLabel("Connection string").fill(connectionString());
  await page.getByLabel("Connection string").press("Enter");
  await page.getByLabel("Name on this page").fill("Kept shop");
  await page.getByRole("button", { name: "Add the database" }).click();
  await expect(page.getByRole("heading", { name: "Kept shop", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Back up now" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Start the backup" }).click();
  await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });

  await page.goto("/retention-policies");
  await expect(page.getByRole("article", { name: "Standard 24h/7d/4w/12m" })).toContainText("Not in use");
  await page.getByRole("link", { name: "Add a policy" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Two weeks");
  await page.getByRole("radio", { name: "Age" }).click();
  await page.getByRole("textbox", { name: "Days" }).fill("14");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByLabel("Database", { exact: true }).selectOption({ label: "Kept shop" });
  await expect(preview).toContainText("1 backup kept");
  await expect(preview.getByRole("list", { name: /what becomes of them/ })).toContainText(
    "It is the newest good backup of the database.",
  );
  const timeline = preview.getByRole("listbox", { name: "Backups on a timeline" });
  await timeline.focus();
  await timeline.press("Home");
  await expect(timeline.getByRole("option", { selected: true })).toHaveAccessibleName(/^Kept: /);
  await checkShown(page, "the preview of a policy");

  await preview.getByRole("radio", { name: "Twelve months ahead" }).click();
  await preview.getByLabel("A backup is made").selectOption({ label: "Every day at 02:00" });
  await expect(preview).toContainText("In twelve months 14 backups would be there");
  await checkShown(page, "twelve months ahead");
  await page.getByRole("button", { name: "Add the policy" }).click();
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
  await page.getByRole("button", { name: "Delete Two weeks" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("is in use by the backup");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Clean up now" }).click();
  await expect(page.getByText(/0 backups .* were deleted/)).toBeVisible();
});
