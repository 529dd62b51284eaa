import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { FakeWebSocket } from "./fake-web-socket";
import { server } from "./server";

// The machines that run this are slow and busy; a test that passes does not wait.
configure({ asyncUtilTimeout: 6_000, getElementError: (message) => new Error(message ?? "") });

beforeAll(() => {
  server.listen({ onUnhandledRequest: "error" });
  vi.stubGlobal("WebSocket", FakeWebSocket);
  vi.stubGlobal("scrollTo", () => undefined);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  // jsdom lays nothing out: without a size the virtual list would show no row.
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 400 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, value: 800 });
  Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, value: 22 });
  Object.defineProperty(HTMLElement.prototype, "offsetWidth", { configurable: true, value: 800 });
  Element.prototype.scrollTo = () => undefined;
  HTMLElement.prototype.setPointerCapture = () => undefined;
  URL.createObjectURL = () => "blob:test";
  URL.revokeObjectURL = () => undefined;
  setWideScreen();
});

afterEach(() => {
  cleanup();
  server.resetHandlers();
  FakeWebSocket.all = [];
  localStorage.clear();
  setWideScreen();
});

afterAll(() => server.close());

/** What media queries answer: everything matches but dark mode and, on the phone, a least width. */
export function setWideScreen(wide = true) {
  window.matchMedia = (query: string) =>
    ({
      matches: query.includes("min-width") ? wide : false,
      media: query,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }) as unknown as MediaQueryList;
}
