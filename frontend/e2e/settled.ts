import { expect, type Page } from "@playwright/test";

/** Waits until the page has its heading, nothing loads and nothing fades any more. */
export async function settled(page: Page) {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
  // What is being asked anew is shown faded, and comes back gradually.
  await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
  await faded(page);
}

/** Waits until colours have stopped to change. */
export async function faded(page: Page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    // Inherited colours fade one after the other: each round may start the next.
    for (let round = 0; round < 5; round += 1) {
      await pause(20);
      const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
      if (fading.length === 0) break;
      await Promise.race([Promise.allSettled(fading.map((one) => one.finished)), pause(1_000)]);
    }
  });
}
