import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page, test } from "@playwright/test";
import type { Result, RunOptions } from "axe-core";
import { type RoutePath, routesOfTheTree, VISITS } from "./routes";
import { faded, settled } from "./settled";
import { showcase, signInTo } from "./showcase";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

// A trace takes a picture of the whole page at each step, which takes longer than the looks; what is found is told in full.
test.use({ trace: "off" });

test("the walk below visits every route there is", () => {
  const known = routesOfTheTree();
  expect(known.length).toBeGreaterThan(30);
  expect(Object.keys(VISITS).sort(), "add the route to e2e/routes.ts").toEqual(known);
});

test("every route is accessible (WCAG 2.2 AA), on the desk and on the phone, light and dark", async ({
  page,
}) => {
  // Half a minute where nothing else runs; other work on the machine can make it ten times that.
  test.setTimeout(600_000);
  const facts = await showcase();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  await signInTo(page.request, facts);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(DESK);
  await page.goto(`${facts.baseUrl}/nowhere`);
  await page.evaluate(AXE);
  await look(page, "/nowhere");
  const inside = Object.entries(VISITS).filter(([path]) => !path.startsWith("/sign-in"));
  for (const [path, visit] of inside) {
    await open(page, visit(facts.ids));
    await look(page, path as RoutePath);
  }
  // Nobody is signed in where one signs in; a new page, so axe once more.
  await page.context().clearCookies();
  for (const path of ["/sign-in", "/sign-in/callback"] as const) {
    await page.goto(`${facts.baseUrl}${VISITS[path](facts.ids)}`);
    await page.evaluate(AXE);
    await look(page, path);
  }
  expect(complaints).toEqual([]);
});

/** Goes there as a link would, without loading everything anew. */
async function open(page: Page, path: string) {
  await page.evaluate((to) => {
    for (const old of document.querySelectorAll("h1")) old.setAttribute("data-old", "");
    history.pushState({}, "", to);
  }, path);
  await expect(page).toHaveURL((url) => path === url.pathname + url.search || path.startsWith(url.pathname));
  // The page before stands until the next one is there.
  await expect(page.locator("h1[data-old]")).toHaveCount(0);
}

/** One visit, four looks: all rules in light at both widths; in dark only colours can be wrong anew. */
async function look(page: Page, name: string) {
  const inDark: RunOptions = { runOnly: { type: "rule", values: ["color-contrast"] } };
  const looks: Look[] = [];
  await settled(page);
  looks.push(await analyse(page, { runOnly: TAGS }));
  await wear(page, "dark");
  looks.push(await analyse(page, inDark));
  await page.setViewportSize(PHONE);
  await settled(page);
  looks.push(await analyse(page, inDark));
  await wear(page, "light");
  looks.push(await analyse(page, { runOnly: TAGS }));
  await page.setViewportSize(DESK);
  // What the page itself says it was: a look that missed its turn is no look.
  expect(looks.map((one) => one.at)).toEqual(["1280 light", "1280 dark", "390 dark", "390 light"]);
  expect.soft(looks.flatMap(({ at, found }) => found.map((one) => `${name}, ${at}: ${one}`))).toEqual([]);
}

async function wear(page: Page, theme: "light" | "dark") {
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForFunction(
    (dark) => document.documentElement.classList.contains("dark") === dark,
    theme === "dark",
  );
  await faded(page);
}

interface Look {
  /** Width and theme, read from the page. */
  at: string;
  found: string[];
}

function analyse(page: Page, options: RunOptions): Promise<Look> {
  return page.evaluate(async (given) => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const theme = document.documentElement.classList.contains("dark") ? "dark" : "light";
    // `preload` fetches style sheets anew, for a rule that is not among these, and sound, which the page does not have.
    const { violations } = await axe.run(document, { ...given, resultTypes: ["violations"], preload: false });
    return {
      at: `${window.innerWidth} ${theme}`,
      found: violations.map(
        ({ id, nodes }: Result) => `${id}: ${nodes.map((node) => node.html).join("\n   ")}`,
      ),
    };
  }, options);
}
