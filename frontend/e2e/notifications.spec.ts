import { createHmac } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { checkAccess, checkShown } from "./check-access";
import { type Received, startReceiver } from "./receiver";
import { stack } from "./stack";

// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a webhook is added, tested, and told of a real backup", async ({ page }) => {
  const receiver = await startReceiver();
  try {
    await page.goto("/notifications");
    await page.getByRole("link", { name: "Add a channel" }).click();
    await page.getByRole("radio", { name: "Webhook" }).click();
    await page.getByLabel("Name").fill("Incident desk");
    await page.getByLabel("URL", { exact: true }).fill("not a URL");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByRole("button", { name: "Send a test message" }).click();
    await expect(page.getByText("Enter a URL that starts with https:// or http://.")).toBeVisible();
    await page.getByLabel("URL", { exact: true }).fill(receiver.url);
    const secret = await page.getByRole("textbox", { name: "Signing secret" }).inputValue();

    await page.getByRole("button", { name: "Send a test message" }).click();
    await expect(page.getByText("The test message was accepted")).toBeVisible();
    expectSigned(receiver.received[0], secret, "test");
    await page.getByRole("button", { name: "Everything" }).click();
    await checkShown(page, "the form of a channel");
    await page.getByRole("button", { name: "Add the channel" }).click();

    const card = page.getByRole("article", { name: "Incident desk" });
    await expect(card).toContainText("No message was sent yet.");
    await expect(page.getByText(secret)).toHaveCount(0);
    await card.getByRole("button", { name: "Send a test" }).click();
    await expect(card.getByText("The test message was accepted")).toBeVisible();
    expectSigned(receiver.received[1], secret, "test");

    await backUp(page);
    const list = page.getByRole("list", { name: "Recent messages" });
    await expect(list).toContainText("Backup of Told of succeeded", { timeout: 60_000 });
    await expect(list.getByRole("listitem").first()).toContainText("Delivered");
    await expect(card).toContainText("Last message delivered");
    expectSigned(receiver.received[2], secret, "backup.succeeded");
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await checkAccess(page, "/notifications");
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await card.getByRole("button", { name: "Delete Incident desk" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("heading", { name: "Nobody is told yet" })).toBeVisible();
  } finally {
    receiver.stop();
  }
});

async function backUp(page: Page) {
  const { host, port, database, username, password } = stack().postgres;
  const data = { name: "Told of", type: "postgresql", host, port, database, username, password };
  const added = await page.request.post("/api/databases", { data });
  const { id } = (await added.json()).data;
  const begun = await page.request.post("/api/backups", { data: { databaseId: id, uploadToS3: false } });
  expect(begun.ok()).toBe(true);
}

/** Checks the signature as the Standard Webhooks specification has it. */
function expectSigned(request: Received | undefined, secret: string, type: string) {
  const { headers, body } = request ?? { headers: {}, body: "{}" };
  expect(JSON.parse(body).type).toBe(type);
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const signature = createHmac("sha256", key).update(content).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
}
