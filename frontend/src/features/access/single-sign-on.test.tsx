import { cleanup, screen, waitFor } from "@testing-library/react";
import { http } from "msw";
import { afterEach, expect, it, vi } from "vitest";
import { leaveTo } from "@/lib/leave";
import { makeMe } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

vi.mock("@/lib/leave", () => ({ leaveTo: vi.fn() }));
afterEach(() => {
  vi.mocked(leaveTo).mockClear();
  sessionStorage.clear();
});

function nobody() {
  server.use(
    http.get("*/api/auth/me", () => refuse(401, "UNAUTHORIZED", "Sign in.")),
    http.get("*/api/auth/state", () =>
      ok({ authMode: "local", setupNeeded: false, singleSignOn: "Example ID" }),
    ),
  );
}

it("takes whoever wants to the provider, and back to where they were", async () => {
  nobody();
  record("post", "*/api/auth/oidc/start", () => ok({ url: "https://id.example.com/auth?state=1" }));
  const { user } = await renderApp("/backups?status=failed");
  await user.click(await screen.findByRole("button", { name: "Sign in with Example ID" }));
  await waitFor(() => expect(leaveTo).toHaveBeenCalledWith("https://id.example.com/auth?state=1"));
  cleanup();

  const sent = record("post", "*/api/auth/oidc/finish", () => ok(makeMe()));
  server.use(http.get("*/api/auth/me", () => ok(makeMe())));
  const { router } = await renderApp("/sign-in/callback?code=123&state=abc&iss=https%3A%2F%2Fid.example.com");
  expect(await screen.findByRole("heading", { level: 1, name: "Backups" })).toBeInTheDocument();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.body).toEqual({ code: "123", state: "abc", error: "", iss: "https://id.example.com" });
  expect(router.state.location.search).toEqual({ status: "failed" });
});

it("says why it did not work, there and back", async () => {
  nobody();
  record("post", "*/api/auth/oidc/start", () =>
    refuse(502, "SIGN_IN_PROVIDER_ERROR", "It does not work now."),
  );
  const { user } = await renderApp("/sign-in");
  await user.click(await screen.findByRole("button", { name: "Sign in with Example ID" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("It does not work now.");
  cleanup();

  record("post", "*/api/auth/oidc/finish", () =>
    refuse(401, "UNAUTHORIZED", "The provider did not sign you in."),
  );
  const { router } = await renderApp("/sign-in/callback?error=access_denied&state=def");
  expect(await screen.findByRole("alert")).toHaveTextContent("The provider did not sign you in.");
  expect(screen.getByRole("link", { name: "Back to the sign-in" })).toHaveAttribute("href", "/sign-in");
  expect(router.state.location.pathname).toBe("/sign-in/callback");
});
