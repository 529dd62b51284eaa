// How fast the page is with a long list and a long log, by the browser's own clock.
//   node scripts/measure-page.mjs http://127.0.0.1:5173 [id of a backup with a long log]
// Give it a product without sign-in and a built page; `ROWS=100000 LINES=100000 make seed` fills a catalogue.
import { chromium } from "@playwright/test";

const [base, longLog] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });

await page.addInitScript(() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push(Math.round(task.duration));
  }).observe({ type: "longtask", buffered: true });
});

await page.goto(`${base}/backups`);
await page.getByRole("table", { name: "Backups" }).waitFor();
await page.mouse.move(0, 0);
const times = [];
for (let turn = 0; turn < 10; turn += 1) {
  if (!(await page.getByRole("button", { name: "Next" }).isEnabled())) break;
  times.push(
    await page.evaluate(async () => {
      performance.clearResourceTimings();
      const next = [...document.querySelectorAll("nav[aria-label=Pages] button")].find((button) =>
        button.textContent.includes("Next"),
      );
      const first = () => document.querySelector("tbody tr a")?.getAttribute("href");
      const before = first();
      const clicked = performance.now();
      next.click();
      while (first() === before) await new Promise(requestAnimationFrame);
      await new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)));
      const painted = performance.now();
      const answer = performance
        .getEntriesByType("resource")
        .findLast(({ name }) => name.includes("/api/backups?"));
      return { server: answer.responseEnd - clicked, page: painted - answer.responseEnd };
    }),
  );
}
if (times.length > 0) {
  const median = (key) =>
    times
      .map((time) => time[key])
      .toSorted((a, b) => a - b)
      [times.length >> 1].toFixed(0);
  console.log(`Next page of the backups, from the answer to the paint: median ${median("page")} ms,`);
  console.log(
    `  slowest ${Math.max(...times.map((time) => time.page)).toFixed(0)} ms; the answer took ${median("server")} ms`,
  );
}

if (longLog) {
  await page.goto(`${base}/backups/${longLog}`);
  await page.getByText(/^100,000 lines$|^\d\d,\d{3} lines$/).waitFor({ timeout: 60_000 });
  await page.waitForFunction(
    () => document.querySelector('[aria-label="Stages"]')?.textContent.includes("Completed"),
    null,
    {
      timeout: 60_000,
    },
  );
  const report = async (what) => {
    const tasks = await page.evaluate(() => window.longTasks.splice(0));
    console.log(`${what}: ${tasks.length} tasks over 50 ms, the longest ${Math.max(0, ...tasks)} ms`);
  };
  await report("A log of 100,000 lines, loading");
  await page.getByRole("log").hover();
  for (let turn = 0; turn < 60; turn += 1) await page.mouse.wheel(0, turn < 30 ? -20_000 : 15_000);
  await page.waitForTimeout(500);
  await report("  scrolling through it");
  await page.getByLabel("Search the log").pressSequentially("orders_77", { delay: 80 });
  await page.waitForTimeout(1_500);
  await report("  searching it");
}
await browser.close();
