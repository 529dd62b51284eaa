import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { faded, settled } from "./settled";

/** Opens a route, waits until nothing loads any more, and lets axe look for what WCAG 2.2 AA forbids, light and dark. */
export async function checkAccess(page: Page, route: string) {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.goto(route);
  await checkShown(page, route);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await expect(page.locator("html")).toHaveClass(/dark/);
  await faded(page);
  // The same page in other colours: only these can be wrong now.
  await check(page, `${route}, dark`, new AxeBuilder({ page }).withRules(["color-contrast"]));
}

/** The same for what is shown already, called by a name of the test's choosing, in the colours it has now. */
export async function checkShown(page: Page, name: string) {
  await settled(page);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  await check(page, name, new AxeBuilder({ page }).withTags(tags));
}

async function check(page: Page, name: string, builder: AxeBuilder) {
  const result = await builder.analyze();
  const found = result.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html).join("\n   ")}`,
  );
  expect(found, `${name} at ${page.viewportSize()?.width} px`).toEqual([]);
}
