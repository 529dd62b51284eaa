import { expect, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { open, press, write } from "./keyboard";
import { stack } from "./stack";

// The engine is a stand-in that answers as a recorded one did and names the stack's real PostgreSQL server: a real
// Docker engine is tried in the backend's tests (tests/images).
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a database in a container that nobody backs up is found, added and protected, by the keyboard alone", async ({
  page,
}) => {
  const { container, mariadb, postgres } = stack();
  const data = { name: "Elsewhere", type: "mariadb", ...mariadb };
  expect((await page.request.post("/api/databases", { data })).ok()).toBe(true);
  try {
    await open(page, "/");
    const attention = page.getByRole("region", { name: "Needs attention" });
    const warning = attention.getByText(`${container} is not backed up`, { exact: true });
    await expect(warning).toBeVisible({ timeout: 30_000 });
    await press(page, attention.getByRole("link", { name: `Look at it : ${container} is not backed up` }));

    const card = page.getByRole("article", { name: container });
    await expect(card).toContainText("Credentials missing");
    await expect(card).toContainText("POSTGRES_PASSWORD");
    await write(page, card.getByLabel("User"), postgres.username);
    await write(page, card.getByLabel("Password"), "not-the-password");
    await write(page, card.getByLabel("Databases"), postgres.database);
    const add = page.getByRole("button", { name: "Add 1 database" });
    await press(page, add);
    await expect(page.getByRole("alert")).toContainText("refused the password");
    await checkShown(page, "a found server whose password is wrong");
    await write(page, card.getByLabel("Password"), postgres.password);
    await press(page, add);
    await expect(card).toContainText("Configured");
    await expect(page.getByRole("alert")).toHaveCount(0);

    await press(page, card.getByRole("link", { name: postgres.database, exact: true }));
    await press(page, page.getByRole("button", { name: "Back up now" }).first());
    await press(page, page.getByRole("dialog").getByRole("button", { name: "Start the backup" }));
    await expect(page.locator("header").getByText("Completed")).toBeVisible({ timeout: 60_000 });

    const overview = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" });
    await press(page, overview);
    await expect(warning).toHaveCount(0);
    await press(page, attention.getByRole("link", { name: /: shop has no schedule$/ }));
    await press(page, page.getByRole("button", { name: "Add the schedule" }));
    await expect(page.getByRole("heading", { name: "Schedules", level: 1 })).toBeVisible();
    await press(page, overview);
    await expect(attention).toContainText("Elsewhere has no backup");
    await expect(attention).not.toContainText("shop has");
  } finally {
    // The tests that follow begin with an empty product.
    const all = (await (await page.request.get("/api/databases")).json()).data as { id: string }[];
    for (const { id } of all) await page.request.delete(`/api/databases/${id}`);
  }
});
