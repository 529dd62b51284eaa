import { createHmac } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, open, peek, press, write } from "./keyboard";
import { type Received, startReceiver } from "./receiver";
import { stack } from "./stack";

// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().baseUrl) });

test("a webhook is added, tested, and told of a real backup, by the keyboard alone", async ({ page }) => {
  const receiver = await startReceiver();
  try {
    await open(page, "/notifications");
    await press(page, page.getByRole("link", { name: "Add a channel" }).first());
    await choose(page, page.getByRole("radiogroup", { name: "Kind of channel" }), "Webhook");
    await write(page, page.getByLabel("Name"), "Incident desk");
    const url = page.getByLabel("URL", { exact: true });
    await write(page, url, "not a URL");
    await press(page, page.getByRole("button", { name: "Generate" }));
    await press(page, page.getByRole("button", { name: "Send a test message" }));
    await expect(url, "the field that is wrong").toBeFocused();
    await expect(page.getByText("Enter a URL that starts with https:// or http://.")).toBeVisible();
    await write(page, url, receiver.url);
    const secret = await page.getByRole("textbox", { name: "Signing secret" }).inputValue();

    await press(page, page.getByRole("button", { name: "Send a test message" }));
    await expect(page.getByText("The test message was accepted")).toBeVisible();
    expectSigned(receiver.received[0], secret, "test");
    await press(page, page.getByRole("button", { name: "Everything" }));
    await checkShown(page, "the form of a channel");
    await press(page, page.getByRole("button", { name: "Add the channel" }));

    const card = page.getByRole("article", { name: "Incident desk" });
    await expect(card).toContainText("No message was sent yet.");
    await expect(page.getByText(secret)).toHaveCount(0);
    await press(page, card.getByRole("button", { name: "Send a test" }));
    await expect(card.getByText("The test message was accepted")).toBeVisible();
    expectSigned(receiver.received[1], secret, "test");

    await backUp(page);
    const list = page.getByRole("list", { name: "Recent messages" });
    await expect(list).toContainText("Backup of Told of succeeded", { timeout: 60_000 });
    await expect(list.getByRole("listitem").first()).toContainText("Delivered");
    await expect(card).toContainText("Last message delivered");
    expectSigned(receiver.received[2], secret, "backup.succeeded");
    // The other width and theme: routes.spec.ts.
    await checkShown(page, "a channel with its messages");
    const opener = card.getByRole("button", { name: "Delete Incident desk" });
    const dialog = page.getByRole("alertdialog");
    await peek(page, opener, dialog);
    await page.keyboard.press("Enter");
    await press(page, dialog.getByRole("button", { name: "Delete" }));
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
