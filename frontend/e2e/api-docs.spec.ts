import { expect, test } from "@playwright/test";
import { stack } from "./stack";

test("the API's page lists the operations and loads nothing from elsewhere", async ({ page }) => {
  const { baseUrl } = stack();
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(baseUrl) && !request.url().startsWith("data:"))
      elsewhere.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${baseUrl}/api-docs/index.html`);
  await expect(page.getByText("/databases", { exact: false }).first()).toBeVisible();
  const schema = await (await page.request.get(`${baseUrl}/api/openapi.json`)).json();
  const operations = Object.values<object>(schema.paths).flatMap((path) => Object.keys(path));
  await expect(page.locator(".opblock")).toHaveCount(operations.length);
  expect(elsewhere).toEqual([]);
  expect(complaints).toEqual([]);
});
