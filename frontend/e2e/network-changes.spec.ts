import { expect, test } from "@playwright/test";
import { stack } from "./stack";

// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("parts of the page that do not come the first time, as when the network changes, come the second", async ({
  page,
}) => {
  const failed = new Set<string>();
  await page.route(
    /\/assets\/(nav-more|app-toaster|confirm-popup|menu-popup|dialog-popup)-.*\.js/,
    async (route) => {
      const url = route.request().url();
      if (failed.has(url)) return route.continue();
      failed.add(url);
      await route.abort("internetdisconnected");
    },
  );
  await page.goto("/databases");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Databases");
  await page.waitForLoadState("networkidle");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Databases");
  expect([...failed].some((url) => url.includes("nav-more"))).toBe(true);
});
