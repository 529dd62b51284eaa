import { act, screen } from "@testing-library/react";
import { http } from "msw";
import { afterEach, expect, it, vi } from "vitest";
import type { LogLine } from "@/client";
import { FakeWebSocket } from "@/test/fake-web-socket";
import { makeBackupDetail, makeLines, makeProgress } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, refuse, server } from "@/test/server";

afterEach(() => void vi.useRealTimers());

const stageLine = (seq: number, name: string, second: number, stageBytes = 0): LogLine => ({
  seq,
  level: "info",
  message: name,
  metadata: { stage: name, stageBytes },
  timestamp: new Date(Date.UTC(2026, 10, 22, 14, 31, second)).toISOString(),
});

const RUN = [
  stageLine(1, "Checking beforehand", 0),
  ...makeLines(1, { seq: 2, message: "Connected to PostgreSQL 16.4" }),
  stageLine(3, "Dumping", 2),
  ...makeLines(1, { seq: 4, level: "warn", message: "circular keys" }),
  stageLine(5, "Writing the manifest", 12, 100 * 1024 ** 2),
];

async function openRun() {
  server.use(
    http.get("*/api/backups/:id", () =>
      ok(makeBackupDetail({ status: "running", completedAt: null, progress: makeProgress() })),
    ),
  );
  const app = await renderApp("/backups/backup-1");
  const socket = FakeWebSocket.last("/logs");
  act(() => {
    socket.open();
    socket.send({ type: "lines", lines: RUN });
  });
  await screen.findByText("Connected to PostgreSQL 16.4");
  return { ...app, socket };
}

it("folds stages, each with its time and its rate", async () => {
  const { user } = await openRun();
  const dumping = screen.getByRole("button", { name: /^With warnings ?Dumping/, expanded: true });
  await user.click(dumping);
  expect(screen.queryByText("circular keys")).not.toBeInTheDocument();
  expect(dumping).toHaveTextContent("2 lines");
  await user.click(screen.getByRole("button", { name: "Unfold all stages" }));
  expect(screen.getByText("circular keys")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Fold all stages" }));
  expect(screen.queryByText("Connected to PostgreSQL 16.4")).not.toBeInTheDocument();
  const strip = screen.getByRole("list", { name: "Stages" });
  expect(strip).toHaveTextContent("Checking beforehand2.0 sDumping10 s · 10.0 MiB/sWriting the manifest");
  await user.click(screen.getByTitle("Show where “Dumping” begins"));
});

it("tells screen readers of stages and troubles only, and counts what came while one read on top", async () => {
  const { user, socket } = await openRun();
  expect(screen.getByText("Now: Writing the manifest, 1 warning")).toHaveAttribute("role", "status");
  await user.click(screen.getByRole("button", { name: "Following" }));
  act(() => socket.send({ type: "lines", lines: makeLines(2).map((one, n) => ({ ...one, seq: 6 + n })) }));
  await user.click(await screen.findByRole("button", { name: "Follow again, 2 new lines" }));
  expect(screen.getByRole("button", { name: "Following" })).toBeInTheDocument();
});

it("asks for the lines when the live connection does not come back, each line once", async () => {
  const { socket } = await openRun();
  const asked: string[] = [];
  server.use(
    http.get("*/api/backups/:id/logs", ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("after") ?? "");
      if (asked.length === 1) return refuse(503, "UNAVAILABLE", "Not now.");
      return ok(asked.length === 2 ? [RUN[4], { ...RUN[1], seq: 6, message: "told by asking" }] : []);
    }),
  );
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout"],
    shouldAdvanceTime: true,
    advanceTimeDelta: 200,
  });
  act(() => socket.break());
  expect(await screen.findByText("told by asking")).toBeInTheDocument();
  expect(await screen.findByText("asking every 2 seconds")).toBeInTheDocument();
  expect(screen.getByText("6 lines")).toBeInTheDocument();
  expect(asked.slice(0, 2)).toEqual(["5", "5"]);
});
