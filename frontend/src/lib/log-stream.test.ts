import { act, renderHook, waitFor } from "@testing-library/react";
import { http } from "msw";
import { afterEach, expect, it, vi } from "vitest";
import { FakeWebSocket } from "@/test/fake-web-socket";
import { makeLines } from "@/test/fixtures";
import { ok, refuse, server } from "@/test/server";
import { useLogStream } from "./log-stream";

afterEach(() => void vi.useRealTimers());

const breathe = (resume: () => void) => setImmediate(resume);
const PATIENCE_MS = 10_000;

/** Lets two seconds pass at a time, and answers and frames, which come in real time, in between. */
async function until(holds: () => boolean) {
  const began = performance.now();
  for (let round = 1; !holds() && performance.now() - began < PATIENCE_MS; round += 1) {
    await act(async () => {
      if (round % 50 === 0) vi.advanceTimersByTime(2_000);
      await new Promise<void>(breathe);
    });
  }
  expect(holds()).toBe(true);
}

it("asks for the lines when the live connection does not come back, each line once, to the end", async () => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout"],
    shouldAdvanceTime: true,
    advanceTimeDelta: 500,
  });
  const lines = makeLines(4);
  const asked: string[] = [];
  server.use(
    http.get("*/api/restores/:id/logs", ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("after") ?? "");
      if (asked.length === 1) return refuse(503, "UNAVAILABLE", "Not now.");
      return ok(asked.length === 2 ? lines.slice(1) : []);
    }),
  );
  const { result, rerender } = renderHook(
    (over: boolean) => useLogStream({ kind: "restore", id: "r-1", over }),
    {
      initialProps: false,
    },
  );
  const socket = FakeWebSocket.last("/executions/r-1/logs?after=0");
  act(() => {
    socket.open();
    socket.send({ type: "lines", lines: lines.slice(0, 2) });
  });
  await waitFor(() => expect(result.current.lines).toHaveLength(2));
  act(() => socket.break());
  expect(result.current.state).toBe("offline");
  await until(() => result.current.state === "polling");
  await until(() => result.current.lines.length === 4);
  expect(result.current.lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  rerender(true);
  await until(() => result.current.ended);
  expect(asked.slice(0, 3)).toEqual(["2", "2", "4"]);
});
