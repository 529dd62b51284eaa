import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import type { ApiKeyView } from "@/client";
import { ago, makeMe } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

function makeApiKey(change: Partial<ApiKeyView> = {}): ApiKeyView {
  return {
    id: "key-1",
    name: "Monitoring",
    prefix: "dbk_abcdef",
    role: "viewer",
    userId: "user-1",
    username: "alice",
    expiresAt: ago(-5000),
    lastUsedAt: null,
    createdAt: ago(100),
    ...change,
  };
}

function withKeys(...keys: ApiKeyView[]) {
  server.use(http.get("*/api/api-keys", () => ok(keys)));
}

it("lists keys with owner and expiry, and revokes one", async () => {
  withKeys(
    makeApiKey(),
    makeApiKey({ id: "key-2", name: "Old", userId: "u", username: "bob", expiresAt: ago(5) }),
  );
  const gone = record("delete", "*/api/api-keys/key-2", () => ok({ id: "key-2" }));
  const { user } = await renderApp("/api-keys");
  expect(await screen.findByRole("listitem", { name: "Monitoring" })).toHaveTextContent("dbk_abcdef…");
  const old = screen.getByRole("listitem", { name: "Old" });
  expect(old).toHaveTextContent("of bob");
  expect(old).toHaveTextContent("Expired");
  await user.click(within(old).getByRole("button", { name: "Revoke Old" }));
  await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Revoke" }));
  await waitFor(() => expect(gone).toHaveLength(1));
});

it("makes a key and shows its secret once", async () => {
  withKeys();
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ role: "operator" }))));
  const sent = record("post", "*/api/api-keys", () => ok({ key: makeApiKey(), secret: "dbk_the-secret" }));
  const { user } = await renderApp("/api-keys");
  await user.click(await screen.findByRole("button", { name: "Make a key" }));
  await user.type(await screen.findByLabelText("Name"), "Monitoring");
  expect(screen.getByRole("radio", { name: "Administrator" })).toHaveAttribute("aria-disabled", "true");
  await user.selectOptions(screen.getByLabelText("Expires after"), "never");
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  expect(await screen.findByText("dbk_the-secret")).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ name: "Monitoring", role: "viewer", expiresAt: null });
  await user.click(screen.getByRole("button", { name: "Done" }));
  await waitFor(() => expect(screen.queryByText("dbk_the-secret")).not.toBeInTheDocument());
});

it("says why no key was made", async () => {
  withKeys();
  record("post", "*/api/api-keys", () => refuse(409, "CONFLICT", "A key belongs to a user."));
  const { user } = await renderApp("/api-keys");
  await user.click(await screen.findByRole("button", { name: "Make a key" }));
  await user.type(await screen.findByLabelText("Name"), "x");
  await user.click(screen.getByRole("button", { name: "Make the key" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("A key belongs to a user.");
});

it("needs no keys where nobody signs in", async () => {
  withKeys();
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ authMode: "none", userId: null }))));
  await renderApp("/api-keys");
  expect(await screen.findByText("Not needed without sign-in")).toBeInTheDocument();
});
