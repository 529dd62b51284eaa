import { expect, type Locator, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { connectionString, stack } from "./stack";

// On the product where people sign in, after the tests of the sign-in: there is no database yet.
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().locked.baseUrl) });

test("the first steps lead from the key to a backup that was watched, by keyboard alone", async ({
  page,
}) => {
  const { username, password } = stack().locked;
  const { s3 } = stack();
  await page.goto("/sign-in");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await press(page, page.getByRole("link", { name: "Set up step by step" }));

  await expect(page.getByRole("heading", { name: "Keep the key" })).toBeFocused();
  await press(page, page.getByRole("checkbox"), "Space");
  await press(page, page.getByRole("button", { name: "Continue" }));

  await expect(page.getByRole("heading", { name: "Add your databases" })).toBeFocused();
  await write(page, "Connection string", connectionString());
  await page.keyboard.press("Enter");
  await press(page, page.getByRole("button", { name: "Add the database" }));
  await expect(page.getByRole("list", { name: "Databases" })).toContainText("shop");
  await press(page, page.getByRole("button", { name: "Continue" }));

  await press(page, page.getByRole("button", { name: "Add S3 storage" }));
  await write(page, "Name", "Offsite");
  await write(page, "Endpoint", s3.endpoint);
  await write(page, "Bucket", s3.bucket);
  await write(page, "Access key id", s3.accessKey);
  await write(page, "Secret access key", s3.secretKey);
  await write(page, "Folder", "first-steps");
  await press(page, page.getByRole("checkbox", { name: "Path style addresses" }), "Space");
  await press(page, page.getByRole("checkbox", { name: "Allow http" }), "Space");
  await press(page, page.getByRole("button", { name: "Add the storage" }));
  await expect(page.getByRole("list", { name: "Storage" })).toContainText("Offsite");

  // Left in the middle, it is gone on with where what is there ends.
  await page.goto("/settings");
  await press(page, page.getByRole("link", { name: "First steps" }));
  await expect(page.getByRole("heading", { name: "Plan the backups" })).toBeFocused();
  await checkShown(page, "the step of the schedule");
  await press(page, page.getByRole("button", { name: "Add the schedule" }));

  await press(page, page.getByRole("button", { name: "Back up now" }));
  await expect(page.getByText("shop is backed up")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("alert")).toContainText("kept on this machine and Offsite");
  await press(page, page.getByRole("button", { name: "Continue" }));

  const done = page.getByRole("region", { name: "You are set up" });
  await expect(done).toContainText("1 database: 1 with a schedule, 1 with a good backup.");
  await checkShown(page, "the end of the first steps");
  await press(page, done.getByRole("link", { name: "Go to the overview" }));
  await expect(page.getByRole("region", { name: "Databases" })).toContainText("shop");
});

async function write(page: Page, label: string, text: string) {
  await reach(page, page.getByLabel(new RegExp(`^${label}( *optional)?$`)));
  await page.keyboard.type(text);
}

async function press(page: Page, target: Locator, key = "Enter") {
  await reach(page, target);
  await page.keyboard.press(key);
}

/** Tabs on until the element has the focus: what cannot be reached so is not there for the keyboard. */
async function reach(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  await expect(target).toBeEnabled();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The keyboard does not reach ${target}`);
}
