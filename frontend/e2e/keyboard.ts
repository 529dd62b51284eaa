import { expect, type Locator, type Page } from "@playwright/test";

// What somebody does who has no pointer: nothing here clicks, fills or moves the focus by a script.

/** What is longer is pasted, as people do with secrets and addresses: a key for each letter would take seconds. */
const TYPED = 24;

/** More stops than any page has between two things one goes for. */
const BOUND = 120;

/** Opens a page and jumps over the navigation, as the first Tab offers. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  await expect(skip, "the first stop is the way past the navigation").toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
}

/** Tabs until the element has the focus, which must then be seen. What cannot be reached so is not there for the keyboard. */
export async function reach(page: Page, target: Locator) {
  await expect(target).toBeEnabled();
  let way = await wayTo(target);
  for (let presses = 0; way !== "here"; presses += 1) {
    if (presses === BOUND) throw new Error(`The keyboard does not reach ${target}`);
    await page.keyboard.press(way);
    // Once there is nothing more on this side, the browser begins anew at the other end: the way stays.
    if ((await wayTo(target)) === "here") way = "here";
  }
  await expectSeen(target);
}

export async function press(page: Page, target: Locator, key = "Enter") {
  await reach(page, target);
  await page.keyboard.press(key);
}

/** Writes over what stands there. */
export async function write(page: Page, target: Locator, text: string) {
  await reach(page, target);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  if (text.length > TYPED) await page.keyboard.insertText(text);
  else await page.keyboard.type(text);
}

/** One radio of a group: Tab reaches the chosen one, the arrows go on from there. */
export async function choose(page: Page, group: Locator, name: string) {
  const radio = group.getByRole("radio", { name, exact: true });
  await reach(page, group.getByRole("radio", { checked: true }));
  const all = await group.getByRole("radio").count();
  for (let presses = 0; presses < all && !(await radio.isChecked()); presses += 1) {
    await page.keyboard.press("ArrowRight");
  }
  await expect(radio).toBeChecked();
  await expect(radio).toBeFocused();
  await expectSeen(radio);
}

/** An option of a list that is folded: typing its first letters chooses it. */
export async function select(page: Page, target: Locator, label: string) {
  await reach(page, target);
  await page.keyboard.type(label);
  await expect(target.locator("option:checked")).toHaveText(label);
}

/** Opens the menu of a button and takes the item of that name. */
export async function fromMenu(page: Page, button: Locator, item: string) {
  await press(page, button);
  const target = page.getByRole("menuitem", { name: item });
  await expect(page.getByRole("menu")).toBeVisible();
  for (let presses = 0; !(await isFocused(target)); presses += 1) {
    if (presses === 20) throw new Error(`The arrows do not reach ${item}`);
    await page.keyboard.press("ArrowDown");
  }
  await expectSeen(target);
  await page.keyboard.press("Enter");
}

/** Opens a dialog by its button, looks that the focus goes in, and leaves it: the focus is where it was. */
export async function peek(page: Page, opener: Locator, dialog: Locator) {
  await press(page, opener);
  await expect(dialog).toBeVisible();
  await expect(dialog.locator(":focus"), "the focus goes into the dialog").toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(opener, "the focus goes back to where the dialog was opened").toBeFocused();
}

/** Chooses a file by the button that asks for one; the dialog is the browser's own. */
export async function giveFile(page: Page, opener: Locator, name: string, buffer: Buffer) {
  const asked = page.waitForEvent("filechooser");
  await press(page, opener);
  await (await asked).setFiles({ name, mimeType: "application/octet-stream", buffer });
}

/** Somebody who sees must see where the focus is. */
async function expectSeen(target: Locator) {
  const outline = await target.evaluate((element) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    return { style: outlineStyle, width: Number.parseFloat(outlineWidth), color: outlineColor };
  });
  expect(outline.style, `the focus is seen on ${target}`).not.toBe("none");
  expect(outline.width, `the focus is seen on ${target}`).toBeGreaterThanOrEqual(2);
  expect(outline.color).not.toMatch(/, 0\)|\/ 0\)|transparent/);
}

function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement);
}

/** Whether the element has the focus, or which key leads there. */
function wayTo(target: Locator): Promise<"here" | "Tab" | "Shift+Tab"> {
  return target.evaluate((element) => {
    const active = document.activeElement ?? document.body;
    if (element === active) return "here";
    const before = element.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING;
    return before && active !== document.body ? "Shift+Tab" : "Tab";
  });
}
