import { expect, test } from "@playwright/test";
import { showcase, signInTo } from "./showcase";

test("a backup that failed is seen on the overview, says why and what to do, and is repeated by the keyboard", async ({
  page,
}) => {
  const facts = await showcase();
  await signInTo(page.request, facts);
  await page.goto(facts.baseUrl);
  const attention = page.getByRole("region", { name: "Needs attention" });
  await expect(attention).toContainText("Billing does not answer");
  const why = attention.getByRole("link", { name: /^See why ?: The last backup of Billing failed/ });
  await why.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${facts.baseUrl}/backups/${facts.ids.failedBackup}`);
  await expect(page.locator("header").getByText("Failed", { exact: true })).toBeVisible();
  // What happened, and what to do.
  await expect(page.getByText(/Nothing listens at .*: check the port/).first()).toBeVisible();
  await expect(page.getByRole("log")).toContainText("Nothing listens at");

  await page.goto(`${facts.baseUrl}/databases`);
  const again = page.getByRole("article", { name: "Billing" }).getByRole("button", { name: "Back up now" });
  await again.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Back up Billing" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(again, "the focus goes back to where the dialog was opened").toBeFocused();
});
