import { expect, type Page } from "@playwright/test";

/** From the newest backup to the options of its restore. */
export async function toOptions(page: Page) {
  await page.goto("/backups");
  await page.getByRole("table", { name: "Backups" }).getByRole("link").first().click();
  await page.getByRole("link", { name: "Restore", exact: true }).click();
  await page.getByRole("button", { name: "Options" }).click();
  await expect(page.getByRole("radiogroup", { name: "What to do" })).toBeVisible();
}

export async function confirmRestore(page: Page, understood: RegExp, go: string) {
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("button", { name: go })).toBeDisabled();
  await page.getByRole("checkbox", { name: understood }).check();
  await page.getByRole("button", { name: go }).click();
  await expect(page).toHaveURL(/\/restores\/[0-9a-f-]{36}$/);
}
