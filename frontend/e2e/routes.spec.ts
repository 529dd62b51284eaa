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
  await settled(page);
  const found = [
    ...(await analyse(page, `${name}, desk, light`, { runOnly: TAGS })),
    ...(await inDark(page, `${name}, desk, dark`)),
  ];
  await page.setViewportSize(PHONE);
  await settled(page);
  found.push(
    ...(await analyse(page, `${name}, phone, light`, { runOnly: TAGS })),
    ...(await inDark(page, `${name}, phone, dark`)),
  );
  await page.setViewportSize(DESK);
  expect.soft(found).toEqual([]);
}

async function inDark(page: Page, name: string) {
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveClass(/dark/);
  await faded(page);
  const found = await analyse(page, name, { runOnly: { type: "rule", values: ["color-contrast"] } });
  await page.emulateMedia({ colorScheme: "light" });
  await expect(page.locator("html")).not.toHaveClass(/dark/);
  await faded(page);
  return found;
}

async function analyse(page: Page, name: string, options: RunOptions): Promise<string[]> {
  const violations = await page.evaluate(async (given) => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { ...given, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }: Result) => ({ id, nodes: nodes.map((node) => node.html) }));
  }, options);
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.join("\n   ")}`);
}
