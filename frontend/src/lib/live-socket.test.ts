import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeWebSocket } from "@/test/fake-web-socket";
import { LiveSocket, type SocketState } from "./live-socket";

describe("LiveSocket", () => {
  let states: SocketState[];
  let messages: unknown[];
  let seen: number;
  let live: LiveSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    states = [];
    messages = [];
    seen = 0;
    live = new LiveSocket({
      path: () => `/api/ws/x?after=${seen}`,
      onMessage: (message) => messages.push(message),
      onState: (state) => states.push(state),
      silenceMs: 60_000,
    });
  });

  afterEach(() => {
    live.close();
    vi.useRealTimers();
  });

  it("connects and hands on what comes", () => {
    const socket = FakeWebSocket.last("/api/ws/x");
    expect(socket.url).toBe("ws://localhost:3000/api/ws/x?after=0");
    socket.open();
    socket.send({ type: "ping" });
    expect(messages).toEqual([{ type: "ping" }]);
    expect(states).toEqual(["connecting", "open"]);
  });

  it("comes back after a break, asking for what followed", () => {
    FakeWebSocket.last("x").open();
    seen = 7;
    FakeWebSocket.last("x").break();
    expect(states.at(-1)).toBe("offline");
    vi.advanceTimersByTime(600);
    expect(FakeWebSocket.last("x").url).toContain("after=7");
    FakeWebSocket.last("x").open();
    expect(states.at(-1)).toBe("open");
  });

  it("waits longer each time, at most 15 seconds", () => {
    for (let attempt = 0; attempt < 8; attempt += 1) {
      FakeWebSocket.last("x").break();
      vi.advanceTimersByTime(15_000);
    }
    const tries = FakeWebSocket.all.length;
    FakeWebSocket.last("x").break();
    vi.advanceTimersByTime(7_000);
    expect(FakeWebSocket.all.length).toBe(tries);
    vi.advanceTimersByTime(8_000);
    expect(FakeWebSocket.all.length).toBe(tries + 1);
  });

  it("gives up a line that has gone silent", () => {
    FakeWebSocket.last("x").open();
    vi.advanceTimersByTime(60_001);
    expect(FakeWebSocket.all.length).toBe(2);
    expect(states.at(-1)).toBe("offline");
  });

  it("tries at once when the device is online again", () => {
    FakeWebSocket.last("x").break();
    window.dispatchEvent(new Event("online"));
    expect(FakeWebSocket.all.length).toBe(2);
    FakeWebSocket.last("x").open();
    window.dispatchEvent(new Event("online"));
    expect(FakeWebSocket.all.length).toBe(2);
  });

  it("stays closed once closed", () => {
    live.close();
    FakeWebSocket.last("x").send({ late: true });
    FakeWebSocket.last("x").break();
    vi.advanceTimersByTime(60_000);
    expect(FakeWebSocket.all.length).toBe(1);
    expect(messages).toEqual([]);
  });
});
