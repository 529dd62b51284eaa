import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Page, test } from "@playwright/test";
import { fileName, type RoutePath, VISITS } from "../e2e/routes";
import { settled } from "../e2e/settled";
import { showcase, signInTo } from "../e2e/showcase";

const ALL = fileURLToPath(new URL("../screenshots/", import.meta.url));
const DOCS = fileURLToPath(new URL("../../docs/images/", import.meta.url));

const WIDTHS = { desktop: 1280, phone: 390 };
const THEMES = ["light", "dark"] as const;

/** Those that the documents show: desktop and light, unless a theme is named. */
const IN_DOCS: { path: RoutePath; theme: "light" | "dark"; name: string }[] = [
  { path: "/", theme: "light", name: "overview-light" },
  { path: "/", theme: "dark", name: "overview-dark" },
  { path: "/backups/$id", theme: "light", name: "backup" },
  { path: "/databases/$id", theme: "light", name: "database" },
  { path: "/retention-policies/$id/edit", theme: "light", name: "retention" },
  { path: "/restore/new", theme: "light", name: "restore" },
];

test("every route, on the desk and on the phone, light and dark", async ({ page }) => {
  const facts = await showcase();
  const only = process.env.ONLY?.split(",");
  await signInTo(page.request, facts);
  for (const folder of [ALL, DOCS]) mkdirSync(folder, { recursive: true });
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const [path, visit] of Object.entries(VISITS) as [RoutePath, (typeof VISITS)[RoutePath]][]) {
    if (only && !only.includes(path)) continue;
    if (path === "/sign-in") await page.context().clearCookies();
    for (const [width, pixels] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width: pixels, height: 900 });
      await page.goto(`${facts.baseUrl}${visit(facts.ids)}`);
      await settled(page);
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        await page.screenshot({
          path: `${ALL}${fileName(path)}_${width}_${theme}.png`,
          fullPage: true,
          animations: "disabled",
        });
        const docs = IN_DOCS.find((one) => one.path === path && one.theme === theme);
        if (docs && width === "desktop" && !only) await takeForDocs(page, docs.name);
      }
      await page.emulateMedia({ colorScheme: "light" });
    }
    if (path.startsWith("/sign-in")) await signInTo(page.request, facts);
  }
});

/** What is seen without scrolling, as WebP: a third of the PNG's size. */
async function takeForDocs(page: Page, name: string) {
  const devtools = await page.context().newCDPSession(page);
  await page.setViewportSize({ width: 1280, height: 1000 });
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  writeFileSync(`${DOCS}${name}.webp`, Buffer.from(data, "base64"));
  await devtools.detach();
}
