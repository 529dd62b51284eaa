import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import type { SessionView } from "@/client";
import { ago, makeMe } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";
import { programName } from "./program-name";

function makeSession(change: Partial<SessionView> = {}): SessionView {
  return {
    id: "session-1",
    kind: "browser",
    current: true,
    address: "192.0.2.7",
    userAgent: "Firefox",
    createdAt: ago(60),
    lastUsedAt: ago(1),
    expiresAt: ago(-5000),
    ...change,
  };
}

const OTHER = makeSession({ id: "session-2", kind: "token", current: false, userAgent: "" });

function withSessions(...sessions: SessionView[]) {
  server.use(http.get("*/api/auth/sessions", () => ok(sessions)));
}

it("shows where one is signed in and ends the others", async () => {
  withSessions(makeSession(), OTHER);
  const one = record("delete", "*/api/auth/sessions/session-2", () => ok({ id: "session-2" }));
  const all = record("delete", "*/api/auth/sessions", () => ok({ ended: 1 }));
  const { user } = await renderApp("/account");
  const panel = await screen.findByRole("region", { name: "Signed in" });
  expect(await within(panel).findByText("This one")).toBeInTheDocument();
  expect(panel).toHaveTextContent("192.0.2.7");
  await user.click(within(panel).getByRole("button", { name: "End" }));
  await waitFor(() => expect(one).toHaveLength(1));
  await user.click(within(panel).getByRole("button", { name: "End all others" }));
  await waitFor(() => expect(all).toHaveLength(1));
});

it("says why a session goes on, and offers to load them again", async () => {
  withSessions(makeSession(), OTHER);
  record("delete", "*/api/auth/sessions/session-2", () =>
    refuse(404, "NOT_FOUND", "You have no such session."),
  );
  const { user } = await renderApp("/account");
  await user.click(await screen.findByRole("button", { name: "End" }));
  expect(await screen.findByText("You have no such session.")).toBeInTheDocument();
});

it("changes the password, and says beside the field what is wrong with it", async () => {
  withSessions(makeSession());
  const details = [{ field: "currentPassword", message: "This is not your password." }];
  record("post", "*/api/auth/password", () => refuse(400, "VALIDATION_ERROR", "No.", details));
  const { user } = await renderApp("/account");
  await user.type(await screen.findByLabelText("Current password"), "wrong");
  await user.type(screen.getByLabelText("New password"), "a long new password");
  await user.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("This is not your password.")).toBeInTheDocument();
  const sent = record("post", "*/api/auth/password", () => ok({ ended: 2 }));
  await user.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("The password is changed")).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ currentPassword: "wrong", newPassword: "a long new password" });
  expect(screen.getByLabelText("New password")).toHaveValue("");
});

it("signs out", async () => {
  withSessions(makeSession());
  record("post", "*/api/auth/sign-out", () => refuse(500, "INTERNAL_ERROR", "See the log."));
  const { user, router } = await renderApp("/account");
  await user.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
  record("post", "*/api/auth/sign-out", () => ok({ ended: 1 }));
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/sign-in"));
});

it("says that there is no account where nobody signs in, and needs no password of others' keeping", async () => {
  server.use(
    http.get("*/api/auth/me", () =>
      ok(makeMe({ authMode: "none", userId: null, provider: null, via: "none" })),
    ),
  );
  await renderApp("/account");
  expect(await screen.findByText("There is no sign-in")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Sign out" })).not.toBeInTheDocument();
});

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
    "Edge on Windows",
  ],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1.15", "Safari on macOS"],
  ["Chrome/126.0", "Chrome"],
  ["curl/8.0", "curl/8.0"],
  ["", "A program without a name"],
])("calls %s %s", (userAgent, name) => {
  expect(programName(userAgent)).toBe(name);
});
