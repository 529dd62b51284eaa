import { QueryClient } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveBanner } from "@/components/layout/live-banner";
import { makeStatus } from "@/test/fixtures";
import { ok, server } from "@/test/server";
import { affectedBy, affectedByRun } from "./affected";
import { applyEvent } from "./apply-event";
import { Fallback } from "./fallback";
import { setLiveState } from "./live-store";
import { Refresher } from "./refresher";

let queries: QueryClient;

beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(() => {
  vi.useRealTimers();
  act(() => setLiveState("connecting"));
});

it("knows for each kind of record what else it may alter", () => {
  const resources = ["database", "schedule", "backup", "restore", "upload", "s3-config", "encryption-key"];
  const more = ["settings", "notification-channel", "notification-delivery", "user", "api-key"];
  for (const resource of [...resources, ...more, "retention-policy", "discovery", "audit-event"])
    expect(affectedBy(resource), resource).not.toEqual([]);
  for (const kind of ["backup", "restore", "verify"]) expect(affectedByRun(kind)).not.toEqual([]);
  expect(affectedBy("odd")).toEqual([]);
});

it("reads a list again once, however many of its records change at the same time", async () => {
  vi.useFakeTimers();
  const invalidate = vi.spyOn(queries, "invalidateQueries");
  for (let n = 0; n < 500; n += 1)
    applyEvent(queries, { type: "change", resource: "upload", id: `${n}`, action: "deleted" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(invalidate).toHaveBeenCalledTimes(1);
});

it("does not ask anew before the last answer has come", async () => {
  vi.useFakeTimers();
  let finish: () => void = () => undefined;
  const invalidate = vi.spyOn(queries, "invalidateQueries").mockImplementation(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  const refresher = new Refresher(queries);
  refresher.want(["backups"]);
  await vi.advanceTimersByTimeAsync(200);
  refresher.want(["backups"]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(invalidate).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(200);
  expect(invalidate).toHaveBeenCalledTimes(2);
});

it("asks every few seconds while live events can't come, and says so; says offline when nothing answers", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let up = true;
  server.use(http.get("*/api/system/status", () => (up ? ok(makeStatus()) : HttpResponse.error())));
  const invalidate = vi.spyOn(queries, "invalidateQueries");
  render(<LiveBanner />);
  const fallback = new Fallback(queries);
  fallback.start();
  fallback.start();
  await pass();
  expect(screen.getByRole("status")).toHaveTextContent(/No live updates.*every 5 seconds/);
  expect(invalidate).toHaveBeenCalledTimes(1);
  up = false;
  await pass();
  expect(screen.getByRole("status")).toHaveTextContent(/Offline/);
  fallback.stop();
  up = true;
  await pass();
  expect(screen.getByRole("status")).toHaveTextContent(/Offline/);
});

/** Five seconds, and as long as an answer takes. */
async function pass() {
  await act(async () => {
    vi.advanceTimersByTime(5_000);
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resume) => setImmediate(resume));
  });
}
