import { createHmac } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { checkShown } from "./check-access";
import { choose, open, peek, press, select, write } from "./keyboard";
import { stack } from "./stack";

test.describe.configure({ mode: "serial" });
// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures it must provide from this pattern
test.use({ baseURL: async ({}, use) => use(stack().locked.baseUrl) });

const VIEWER = { username: "vera", password: "only looking around" };

test("nobody gets in without signing in, and is led back to where they wanted to go", async ({ page }) => {
  const { username, password } = stack().locked;
  await page.goto("/users");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await checkShown(page, "the sign-in");
  await signIn(page, username, "not the password");
  await expect(page.getByRole("alert")).toContainText("The username or the password is wrong.");
  await signIn(page, username, password);
  await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeVisible();
  await expect(page.getByRole("complementary", { name: "Access" })).toHaveCount(0);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: "dbbackup_session", httpOnly: true, sameSite: "Strict" });
});

test("an administrator adds a viewer by the keyboard alone, and finds that in the audit log", async ({
  page,
}) => {
  await enter(page);
  await open(page, "/users");
  const opener = page.getByRole("button", { name: "Add a user" });
  const dialog = page.getByRole("dialog", { name: "Add a user" });
  const add = dialog.getByRole("button", { name: "Add the user" });
  await peek(page, opener, dialog);
  await page.keyboard.press("Enter");
  await write(page, dialog.getByLabel("Username"), "not a name");
  await write(page, dialog.getByLabel("Password", { exact: true }), VIEWER.password);
  await choose(page, dialog.getByRole("radiogroup"), "Viewer");
  await press(page, add);
  await expect(dialog.getByLabel("Username"), "the field that is wrong").toBeFocused();
  await write(page, dialog.getByLabel("Username"), VIEWER.username);
  await press(page, add);
  await expect(page.getByRole("row").filter({ hasText: VIEWER.username })).toContainText("Viewer");
  await expect(opener, "the focus goes back to where the dialog was opened").toBeFocused();

  await page.goto("/audit");
  const added = page.getByRole("row").filter({ hasText: "Create user" }).first();
  await added.getByText("Details").click();
  await expect(added).toContainText("role: viewer");
  await expect(added).not.toContainText(VIEWER.username);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByRole("dialog")).toContainText("It is whole");
});

test("somebody whom an OpenID provider knows signs in there, and gets the role of their group", async ({
  page,
}) => {
  const { issuer, clientId, person } = stack().provider;
  await enter(page);
  const values = {
    "oidc.issuer": issuer,
    "oidc.clientId": clientId,
    "oidc.name": "Example ID",
    "oidc.viewerGroups": "staff",
  };
  const headers = { "X-Requested-With": "test" };
  expect((await page.request.put("/api/system/settings", { data: { values }, headers })).ok()).toBe(true);
  await page.context().clearCookies();
  await page.goto("/backups");
  const button = page.getByRole("button", { name: "Sign in with Example ID" });
  await expect(button).toBeVisible();
  await checkShown(page, "the sign-in with a provider");
  await button.click();
  await page.locator("input[name=login]").fill(person);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Backups", level: 1 })).toBeVisible();
  expect(page.url()).not.toContain("code=");
  const me = await (await page.request.get("/api/auth/me")).json();
  expect(me.data).toMatchObject({ username: "alice", role: "viewer", provider: "oidc" });

  await page.context().clearCookies();
  await page.goto("/sign-in/callback?error=access_denied&state=x");
  await expect(page.getByRole("alert")).toContainText("begin again");
  await checkShown(page, "a sign-in that did not work");
});

test("an API key is made by the keyboard alone, and shown once", async ({ page }) => {
  await enter(page);
  await open(page, "/api-keys");
  const opener = page.getByRole("button", { name: "Make a key" }).first();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await peek(page, opener, dialog);
  await page.keyboard.press("Enter");
  await write(page, dialog.getByLabel("Name"), "Monitoring");
  await select(page, dialog.getByLabel("Expires after"), "a year");
  await press(page, dialog.getByRole("button", { name: "Make the key" }));
  const secret = (await page.getByRole("dialog").getByText(/^dbk_/).textContent()) ?? "";
  const asked = await fetch(`${stack().locked.baseUrl}/api/auth/me`, { headers: { "X-API-Key": secret } });
  expect((await asked.json()).data).toMatchObject({ username: "Monitoring", role: "viewer", via: "api_key" });
  await press(page, page.getByRole("button", { name: "Done" }));
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText(secret)).toHaveCount(0);
});

test("a viewer sees, but changes nothing, here and through the API", async ({ page }) => {
  await page.goto("/");
  await signIn(page, VIEWER.username, VIEWER.password);
  await expect(page.getByRole("heading", { name: "Add your first database" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Add a database" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Users" })).toHaveCount(0);
  await page.goto("/audit");
  await expect(page.getByText("Not for the role viewer")).toBeVisible();
  const answers = await page.evaluate(async () => {
    const status = async (method: string, path: string) =>
      (await fetch(path, { method, headers: { "X-Requested-With": "page" } })).status;
    return [
      await status("GET", "/api/databases"),
      await status("GET", "/api/audit"),
      await status("DELETE", "/api/databases/x"),
    ];
  });
  expect(answers).toEqual([200, 403, 403]);
});

test("whoever signs out is out, in every open page", async ({ page, context }) => {
  await page.goto("/");
  await signIn(page, VIEWER.username, VIEWER.password);
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  const other = await context.newPage();
  await other.goto("/databases");
  await expect(other.getByRole("heading", { name: "Databases", level: 1 })).toBeVisible();
  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.reload();
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("somebody turns on a second factor, and signs in with a recovery code from then on, by the keyboard alone", async ({
  page,
}) => {
  const { username, password } = VIEWER;
  await page.goto("/account");
  await signIn(page, username, password);
  const section = page.getByRole("region", { name: "Second factor" });
  await write(page, section.getByLabel("Password"), password);
  await press(page, section.getByRole("button", { name: "Set up a second factor" }));
  const secret = await section.locator("code").textContent();
  await write(page, section.getByLabel("Code", { exact: true }), totp(String(secret)));
  await press(page, section.getByRole("button", { name: "Turn it on" }));
  const codes = section.getByRole("list", { name: "Recovery codes" });
  const recovery = await codes.getByRole("listitem").first().textContent();
  await press(page, section.getByRole("button", { name: "I have kept them" }));
  await press(page, page.getByRole("button", { name: "Sign out" }));

  await signIn(page, username, password);
  const code = page.getByLabel("Code", { exact: true });
  await expect(code).toBeFocused();
  await page.keyboard.type("000000");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("code");
  await write(page, code, String(recovery));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
});

/** What an authenticator app shows now (RFC 6238: SHA-1, six digits, 30 s). */
function totp(secret: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/[^A-Z2-7]/g, "")]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const value = hash.readUInt32BE(hash.readUInt8(hash.length - 1) & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, "0");
}

async function enter(page: Page) {
  const { username, password } = stack().locked;
  await page.goto("/sign-in");
  await signIn(page, username, password);
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
}

async function signIn(page: Page, username: string, password: string) {
  await write(page, page.getByLabel("Username"), username);
  await write(page, page.getByLabel("Password", { exact: true }), password);
  await page.keyboard.press("Enter");
}
