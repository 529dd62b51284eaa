import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { press, write } from "./keyboard";
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
  await write(page, page.getByLabel("Username"), username);
  await write(page, page.getByLabel("Password", { exact: true }), password);
  await page.keyboard.press("Enter");
  await press(page, page.getByRole("link", { name: "Set up step by step" }));

  await expect(page.getByRole("heading", { name: "Keep the key" })).toBeFocused();
  await press(page, page.getByRole("checkbox"), "Space");
  await press(page, page.getByRole("button", { name: "Continue" }));

  await expect(page.getByRole("heading", { name: "Add your databases" })).toBeFocused();
  await write(page, field(page, "Connection string"), connectionString());
  await page.keyboard.press("Enter");
  await press(page, page.getByRole("button", { name: "Add the database" }));
  await expect(page.getByRole("list", { name: "Databases" })).toContainText("shop");
  await press(page, page.getByRole("button", { name: "Continue" }));

  await press(page, page.getByRole("button", { name: "Add S3 storage" }));
  await write(page, field(page, "Name"), "Offsite");
  await write(page, field(page, "Endpoint"), s3.endpoint);
  await write(page, field(page, "Bucket"), s3.bucket);
  await write(page, field(page, "Access key id"), s3.accessKey);
  await write(page, field(page, "Secret access key"), s3.secretKey);
  await write(page, field(page, "Folder"), "first-steps");
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

function field(page: Page, label: string) {
  return page.getByLabel(new RegExp(`^${label}( *optional)?$`));
}
