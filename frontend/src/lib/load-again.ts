const WAITS = [250, 1000, 3000];

/**
 * Load a part of the page, and again when it did not come: a moment without network, as when a laptop changes its
 * Wi-Fi, must not take down a page that has all else. What fails each time is the caller's.
 */
export async function loadAgain<Part>(load: () => Promise<Part>): Promise<Part> {
  for (const wait of WAITS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return load();
}
