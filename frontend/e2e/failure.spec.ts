import { expect, test } from "@playwright/test";
import { peek, press } from "./keyboard";
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
  await press(page, why);
  await expect(page).toHaveURL(`${facts.baseUrl}/backups/${facts.ids.failedBackup}`);
  await expect(page.locator("header").getByText("Failed", { exact: true })).toBeVisible();
  // What happened, and what to do.
  await expect(page.getByText(/Nothing listens at .*: check the port/).first()).toBeVisible();
  await expect(page.getByRole("log")).toContainText("Nothing listens at");

  await page.goto(`${facts.baseUrl}/databases`);
  const again = page.getByRole("article", { name: "Billing" }).getByRole("button", { name: "Back up now" });
  await peek(page, again, page.getByRole("dialog", { name: "Back up Billing" }));
});
