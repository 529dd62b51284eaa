import { expect, type Page } from "@playwright/test";

/** Waits until the page has its heading, nothing loads and nothing fades any more. */
export async function settled(page: Page) {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
  // What is being asked anew is shown faded, and comes back gradually.
  await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(fading.map((one) => one.finished));
  });
}
