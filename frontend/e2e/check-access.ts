import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Opens a route, waits until nothing loads any more, and lets axe look for what WCAG 2.2 AA forbids. */
export async function checkAccess(page: Page, route: string) {
  await page.goto(route);
  await checkShown(page, route);
}

/** The same for what is shown already, called by a name of the test's choosing. */
export async function checkShown(page: Page, name: string) {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
  const result = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = result.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html).join("\n   ")}`,
  );
  expect(found, `${name} at ${page.viewportSize()?.width} px`).toEqual([]);
}
