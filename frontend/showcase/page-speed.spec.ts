import { type Browser, test } from "@playwright/test";
import { type RoutePath, VISITS } from "../e2e/routes";
import { settled } from "../e2e/settled";
import { showcase, signInTo } from "../e2e/showcase";
import type { Showcase } from "../e2e/stack";

/** How often each page is opened, each time in a new browser profile; the median is printed. */
const TIMES = Number(process.env.TIMES ?? 3);

interface Figures {
  fcp: number;
  lcp: number;
  blocking: number;
  shift: number;
  shifted: string[];
  script: number;
}

test("how fast each route is there, by the browser's own performance API", async ({ browser }) => {
  const facts = await showcase();
  const server = facts.nginxUrl ? "nginx, as the web image has it" : "`dbbackup serve` (no nginx here)";
  const url = facts.nginxUrl ?? facts.baseUrl;
  const only = process.env.ONLY?.split(",");
  console.log(
    `\nThe built page behind ${server}, an empty cache, ${TIMES} visits each, medians; Chromium ${browser.version()}\n`,
  );
  console.log(
    "| route | first paint ms | largest paint ms | blocked ms | shift desk | shift phone | script kB |",
  );
  console.log("|---|---|---|---|---|---|---|");
  const shifted = new Map<string, string[]>();
  for (const [path, visit] of Object.entries(VISITS) as [RoutePath, (typeof VISITS)[RoutePath]][]) {
    if (only && !only.includes(path)) continue;
    const all: Figures[] = [];
    for (let time = 0; time < TIMES; time += 1)
      all.push(await measure(browser, facts, url, visit(facts.ids), 1280));
    const phone = await measure(browser, facts, url, visit(facts.ids), 390);
    const median = (of: (one: Figures) => number) => all.map(of).sort((a, b) => a - b)[all.length >> 1] ?? 0;
    const desk = Math.max(...all.map((one) => one.shift));
    console.log(
      `| ${path} | ${median((one) => one.fcp).toFixed(0)} | ${median((one) => one.lcp).toFixed(0)} | ${median((one) => one.blocking).toFixed(0)} | ${desk.toFixed(3)} | ${phone.shift.toFixed(3)} | ${(median((one) => one.script) / 1000).toFixed(0)} |`,
    );
    const found = [...new Set([...all, phone].flatMap((one) => one.shifted))];
    if (found.length > 0) shifted.set(path, found);
  }
  for (const [path, what] of shifted) console.log(`\nmoved on ${path}:\n  ${what.join("\n  ")}`);
});

async function measure(
  browser: Browser,
  facts: Showcase,
  url: string,
  path: string,
  width: number,
): Promise<Figures> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  try {
    if (!path.startsWith("/sign-in")) await signInTo(context.request, { ...facts, baseUrl: url });
    const page = await context.newPage();
    await page.addInitScript(observe);
    await page.goto(`${url}${path}`);
    await settled(page);
    await page.waitForLoadState("networkidle").catch(() => undefined);
    return await page.evaluate(() => (window as unknown as { figures: () => Figures }).figures());
  } finally {
    await context.close();
  }
}

/** Runs in the page before its own scripts. Shifts and long tasks as the web vitals count them. */
function observe() {
  let lcp = 0;
  let blocking = 0;
  let shift = 0;
  const shifted: string[] = [];
  const on = (type: string, use: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({ type, buffered: true });
  const name = (node: Node | null) => {
    const element = node instanceof Element ? node : node?.parentElement;
    return element
      ? `${element.tagName.toLowerCase()}.${element.className} "${element.textContent?.slice(0, 40)}"`
      : "?";
  };
  on("largest-contentful-paint", (entry) => {
    lcp = entry.startTime;
  });
  on("longtask", (entry) => {
    blocking += Math.max(0, entry.duration - 50);
  });
  on("layout-shift", (entry) => {
    const found = entry as unknown as {
      value: number;
      hadRecentInput: boolean;
      sources: { node: Node | null }[];
    };
    if (found.hadRecentInput) return;
    shift += found.value;
    shifted.push(...found.sources.map((source) => name(source.node)));
  });
  Object.assign(window, {
    figures: () => ({
      fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      lcp,
      blocking,
      shift,
      shifted,
      script: performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.endsWith(".js"))
        .reduce((total, entry) => total + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    }),
  });
}
