import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { RouteError } from "./route-error";

const invalidate = vi.fn(async () => undefined);
vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original()),
  useRouter: () => ({ invalidate }),
}));
afterEach(() => vi.unstubAllGlobals());

test.each([
  ["Failed to fetch dynamically imported module: https://host/assets/nav-more.js", true],
  ["error loading dynamically imported module: https://host/assets/nav-more.js", true],
  ["Importing a module script failed.", true],
  ["See the log.", false],
])("after '%s' to try again is to reload: %s", async (message, reloads) => {
  const reload = vi.fn();
  const reset = vi.fn();
  vi.stubGlobal("location", { ...window.location, reload });
  render(<RouteError error={new TypeError(message)} reset={reset} />);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(reload).toHaveBeenCalledTimes(reloads ? 1 : 0);
  expect(reset).toHaveBeenCalledTimes(reloads ? 0 : 1);
});
