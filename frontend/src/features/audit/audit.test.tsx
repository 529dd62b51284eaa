import { screen, within } from "@testing-library/react";
import { http } from "msw";
import { beforeEach, expect, it } from "vitest";
import type { AuditEventView } from "@/client";
import { ago } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, refuse, server } from "@/test/server";
import { exportUrl, toQuery } from "./search";
import { actionWords } from "./words";

function makeEvent(change: Partial<AuditEventView> = {}): AuditEventView {
  return {
    seq: 7,
    at: ago(5),
    actorId: "user-1",
    actorName: "alice",
    via: "session",
    role: "admin",
    address: "192.0.2.7",
    userAgent: "Firefox",
    requestId: "abc123",
    action: "updateDatabase",
    target: { database_id: "db-1" },
    outcome: "success",
    status: 200,
    details: {},
    changes: [
      {
        record: "database_config",
        id: "db-1",
        kind: "updated",
        before: { host: "old", password_sealed: "***" },
        after: { host: "new", password_sealed: "***" },
      },
    ],
    previousHash: "a",
    hash: "b",
    ...change,
  };
}

const REFUSED = makeEvent({
  seq: 8,
  action: "signIn",
  actorName: null,
  outcome: "refused",
  status: 401,
  target: {},
  changes: [],
  details: { method: "local" },
});

let asked: URLSearchParams[] = [];

beforeEach(() => {
  asked = [];
  server.use(
    http.get("*/api/audit", ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return page([REFUSED, makeEvent()]);
    }),
    http.get("*/api/audit/actions", () => ok(["signIn", "updateDatabase"])),
  );
});

it("shows who did what, and before and after of it", async () => {
  await renderApp("/audit");
  const event = await screen.findByRole("row", { name: /Update database/ });
  expect(event).toHaveTextContent("Update database");
  expect(event).toHaveTextContent("alice192.0.2.7");
  expect(event).toHaveTextContent("host: old new");
  const refused = screen.getByRole("row", { name: /Sign in/ });
  expect(refused).toHaveTextContent("Refused");
  expect(refused).toHaveTextContent("somebody who was deleted");
  expect(refused).toHaveTextContent("method: local");
});

it("filters by action, outcome, day and actor, and clears the filters", async () => {
  const { user, router } = await renderApp("/audit");
  await user.selectOptions(await screen.findByLabelText("What"), "Sign in");
  await user.selectOptions(screen.getByLabelText("Outcome"), "Refused");
  const event = await screen.findByRole("row", { name: /Update database/ });
  await user.click(within(event).getByRole("button", { name: "alice" }));
  expect(await screen.findByRole("link", { name: "Export these" })).toHaveAttribute(
    "href",
    "/api/audit/export?action=signIn&outcome=refused&actorId=user-1",
  );
  expect(asked.at(-1)?.get("actorId")).toBe("user-1");
  server.use(http.get("*/api/audit", () => page([])));
  await user.click(screen.getByRole("button", { name: "Of everybody" }));
  await user.click(await screen.findByRole("button", { name: "Clear the filters" }));
  expect(router.state.location.search).toEqual({});
  expect(await screen.findByText("Nothing has happened yet.")).toBeInTheDocument();
});

it("verifies the chain and names what was altered", async () => {
  const result = {
    ok: true,
    events: 7,
    firstSeq: 1,
    lastSeq: 7,
    lastHash: "beef",
    removed: 3,
    problemCount: 0,
  };
  server.use(http.get("*/api/audit/verify", () => ok({ ...result, problems: [] })));
  const { user } = await renderApp("/audit");
  await user.click(await screen.findByRole("button", { name: "Verify" }));
  const dialog = await screen.findByRole("dialog", { name: "Is the audit log whole?" });
  expect(dialog).toHaveTextContent("7 events, each as it was written");
  expect(dialog).toHaveTextContent("3 older ones were removed");
  expect(dialog).toHaveTextContent("beef");
  await user.click(within(dialog).getByRole("button", { name: "Close" }));
  const broken = { ...result, ok: false, problemCount: 1, problems: ["Event 3 was altered."] };
  server.use(http.get("*/api/audit/verify", () => ok(broken)));
  await user.click(screen.getByRole("button", { name: "Verify" }));
  expect(await screen.findByText("Event 3 was altered.")).toBeInTheDocument();
});

it("says why it cannot be shown or verified", async () => {
  server.use(
    http.get("*/api/audit", () => refuse(500, "INTERNAL_ERROR", "See the log.")),
    http.get("*/api/audit/verify", () => refuse(500, "INTERNAL_ERROR", "Cannot be read.")),
  );
  const { user } = await renderApp("/audit");
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Verify" }));
  expect(await screen.findByText("Cannot be read.")).toBeInTheDocument();
});

it("takes days as the user's own, the last one included", () => {
  const query = toQuery({ from: "2026-11-01", to: "2026-11-01" });
  const span = new Date(query.endDate ?? "").getTime() - new Date(query.startDate ?? "").getTime();
  expect(span).toBe(86_400_000);
  expect(exportUrl({ page: 3 })).toBe("/api/audit/export?");
});

it.each([
  ["createBackup", "Create backup"],
  ["getBackup", "View backup"],
  ["deleteS3Config", "Delete S3 config"],
  ["createApiKey", "Create API key"],
  ["signIn", "Sign in"],
])("reads %s as %s", (action, words) => {
  expect(actionWords(action)).toBe(words);
});
