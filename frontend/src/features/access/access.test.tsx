import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { FakeWebSocket } from "@/test/fake-web-socket";
import { makeMe } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const signedOut = () => refuse(401, "UNAUTHORIZED", "Sign in.");

function nobody() {
  server.use(http.get("*/api/auth/me", signedOut));
}

it("leads whoever is not signed in to the sign-in and then back to where they were", async () => {
  nobody();
  const sent = record("post", "*/api/auth/sign-in", () => ok(makeMe()));
  const { user, router } = await renderApp("/backups?status=failed");
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Sign in");
  expect(screen.queryByRole("navigation")).not.toBeInTheDocument();
  expect(FakeWebSocket.all).toHaveLength(0);
  await user.type(await screen.findByLabelText("Username"), " alice ");
  await user.type(screen.getByLabelText("Password"), "correct horse");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Backups" })).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ username: "alice", password: "correct horse" });
  expect(router.state.location.search).toEqual({ status: "failed" });
});

it("says why the sign-in failed and lets the password be typed again", async () => {
  nobody();
  record("post", "*/api/auth/sign-in", () =>
    refuse(401, "UNAUTHORIZED", "The username or the password is wrong."),
  );
  const { user } = await renderApp("/");
  await user.type(await screen.findByLabelText("Username"), "alice");
  await user.type(screen.getByLabelText("Password"), "wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The username or the password is wrong.");
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Sign in");
});

it("asks for the code of a second factor, and says when it is wrong", async () => {
  nobody();
  const wanted = () => refuse(401, "SECOND_FACTOR_REQUIRED", "This code is wrong or was used before.");
  record("post", "*/api/auth/sign-in", wanted);
  const { user } = await renderApp("/");
  await user.type(await screen.findByLabelText("Username"), "alice");
  await user.type(screen.getByLabelText("Password"), "correct horse");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  const code = await screen.findByLabelText("Code");
  expect(code).toHaveFocus();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  await user.type(code, "000000");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This code is wrong or was used before.");
  await user.click(screen.getByRole("button", { name: "Back" }));
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await user.type(await screen.findByLabelText("Code"), "123456");
  const sent = record("post", "*/api/auth/sign-in", () => ok(makeMe()));
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Overview" })).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ username: "alice", password: "correct horse", code: "123456" });
});

it("makes the first administrator with the token of the log", async () => {
  nobody();
  server.use(
    http.get("*/api/auth/state", () => ok({ authMode: "local", setupNeeded: true, singleSignOn: null })),
  );
  const details = [{ field: "password", message: "The password must not contain the username." }];
  record("post", "*/api/auth/setup", () => refuse(400, "VALIDATION_ERROR", "No.", details));
  const { user } = await renderApp("/sign-in");
  expect(await screen.findByRole("heading", { name: "Make the first administrator" })).toBeInTheDocument();
  await user.type(await screen.findByLabelText("Setup token"), "token-of-the-log");
  await user.type(screen.getByLabelText("Password"), "admin admin admin");
  const make = screen.getByRole("button", { name: "Make the administrator and sign in" });
  await user.click(make);
  expect(await screen.findByText("The password must not contain the username.")).toBeInTheDocument();
  const sent = record("post", "*/api/auth/setup", () => ok(makeMe({ username: "admin", displayName: "" })));
  await user.click(make);
  expect(await screen.findByRole("heading", { level: 1, name: "First steps" })).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({
    token: "token-of-the-log",
    username: "admin",
    password: "admin admin admin",
  });
});

it("tells a wrong setup token, and shows the password to whoever wants to see it", async () => {
  nobody();
  server.use(
    http.get("*/api/auth/state", () => ok({ authMode: "local", setupNeeded: true, singleSignOn: null })),
  );
  record("post", "*/api/auth/setup", () => refuse(403, "FORBIDDEN", "This is not the setup token."));
  const { user } = await renderApp("/sign-in");
  const password = await screen.findByLabelText("Password");
  expect(password).toHaveAttribute("type", "password");
  await user.click(screen.getByRole("button", { name: "Show the password" }));
  expect(password).toHaveAttribute("type", "text");
  await user.type(await screen.findByLabelText("Setup token"), "x");
  await user.type(password, "a long enough one");
  await user.click(screen.getByRole("button", { name: "Make the administrator and sign in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This is not the setup token.");
});

it("passes the door by where there is no sign-in", async () => {
  server.use(
    http.get("*/api/auth/state", () => ok({ authMode: "none", setupNeeded: false, singleSignOn: null })),
  );
  const { router } = await renderApp("/sign-in");
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
});

it("says at the door when the server cannot be asked", async () => {
  server.use(http.get("*/api/auth/state", () => refuse(503, "INTERNAL_ERROR", "The API does not answer.")));
  await renderApp("/sign-in");
  expect(await screen.findByText("The API does not answer.")).toBeInTheDocument();
});

it("leads back to the sign-in when the session ends meanwhile", async () => {
  const { router } = await renderApp("/databases");
  nobody();
  FakeWebSocket.last("/events").break(4401);
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeInTheDocument();
  expect(router.state.location.search).toEqual({ next: "/databases" });
});

it("leads to the sign-in when an action is answered with 401", async () => {
  const { user, router } = await renderApp("/databases");
  nobody();
  record("post", "*/api/databases/:id/test-connection", signedOut);
  await user.click(await screen.findByRole("button", { name: "More for shop" }));
  await user.click(await screen.findByRole("menuitem", { name: "Test the connection" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/sign-in"));
});

it.each([["https://evil.example"], ["//evil.example"], ["/\\evil.example"], ["/sign-in"]])(
  "does not go to %s after the sign-in",
  async (next) => {
    nobody();
    const { router } = await renderApp(`/sign-in?next=${encodeURIComponent(next)}`);
    expect(router.state.location.search).toEqual({});
  },
);

it("offers a viewer only what a viewer may do", async () => {
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ role: "viewer" }))));
  await renderApp("/databases");
  const card = await screen.findByRole("article", { name: "shop" });
  expect(within(card).queryByRole("button")).not.toBeInTheDocument();
  expect(within(card).queryByRole("link", { name: "Restore" })).not.toBeInTheDocument();
  expect(screen.queryByRole("link", { name: "Add a database" })).not.toBeInTheDocument();
  const [navigation] = screen.getAllByRole("navigation", { name: "Main" });
  if (!navigation) throw new Error("no navigation");
  const links = within(navigation).getAllByRole("link");
  expect(links.map((link) => link.textContent)).toEqual([
    "Overview",
    "Databases",
    "Backups",
    "Restores",
    "Schedules",
    "Retention",
    "Storage",
    "Encryption",
    "API keys",
  ]);
});

it("offers an operator backups and restores, but no deletion", async () => {
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ role: "operator" }))));
  const { user } = await renderApp("/databases");
  const card = await screen.findByRole("article", { name: "shop" });
  expect(within(card).getByRole("button", { name: "Back up now" })).toBeEnabled();
  expect(within(card).getByRole("link", { name: "Restore" })).toBeInTheDocument();
  await user.click(within(card).getByRole("button", { name: "More for shop" }));
  expect(await screen.findByRole("menuitem", { name: "Edit" })).toBeInTheDocument();
  expect(screen.queryByRole("menuitem", { name: "Delete…" })).not.toBeInTheDocument();
});

it.each([
  ["/users", "system.configure"],
  ["/audit", "system.configure"],
  ["/s3-configs/new", "system.configure"],
  ["/restore/new", "restore.execute"],
  ["/databases/new", "database.create"],
])("tells a viewer at %s which permission is missing", async (path, permission) => {
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ role: "viewer" }))));
  await renderApp(path);
  expect(await screen.findByText("Not for the role viewer")).toBeInTheDocument();
  expect(screen.getByText(permission)).toBeInTheDocument();
});
