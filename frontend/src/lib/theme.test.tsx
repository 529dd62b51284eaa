import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useTheme } from "./theme";

afterEach(() => document.documentElement.classList.remove("dark"));

it("follows the system until the user chooses, and remembers the choice", () => {
  const { result } = renderHook(() => useTheme());
  expect(result.current).toMatchObject({ choice: "system", resolved: "light" });
  act(() => result.current.setChoice("dark"));
  expect(result.current).toMatchObject({ choice: "dark", resolved: "dark" });
  expect(document.documentElement).toHaveClass("dark");
  expect(localStorage.getItem("theme")).toBe("dark");
});

it("works where the browser keeps nothing", () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new Error("blocked");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new Error("blocked");
  });
  const { result } = renderHook(() => useTheme());
  act(() => result.current.setChoice("dark"));
  expect(result.current.resolved).toBe("dark");
  act(() => result.current.setChoice("system"));
  expect(result.current.resolved).toBe("light");
});

it("wears what the system changed to before anything listened", () => {
  const answer = (query: string) =>
    ({ matches: query.includes("dark"), addEventListener: vi.fn(), removeEventListener: vi.fn() }) as unknown;
  vi.spyOn(window, "matchMedia").mockImplementation(answer as typeof window.matchMedia);
  const { result } = renderHook(() => useTheme());
  expect(result.current.resolved).toBe("dark");
  expect(document.documentElement).toHaveClass("dark");
});
