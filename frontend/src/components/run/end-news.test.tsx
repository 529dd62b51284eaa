import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { LogNews } from "@/components/log/log-news";
import { EndNews } from "./end-news";

it("says the end of a run that was watched, once and with the reason, and nothing before", () => {
  const view = (status: string, error?: string) => (
    <EndNews what="Backup of shop" status={status} error={error} />
  );
  const { rerender } = render(view("queued"));
  const region = screen.getByRole("status");
  expect(region).toBeEmptyDOMElement();
  const spoken: string[] = [];
  new MutationObserver(() => spoken.push(region.textContent)).observe(region, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  for (let tick = 0; tick < 3; tick += 1) rerender(view("running"));
  expect(region).toBeEmptyDOMElement();
  for (let tick = 0; tick < 3; tick += 1) rerender(view("failed", "pg_dump was killed. Run it again."));
  expect(region).toHaveTextContent("Backup of shop failed. pg_dump was killed. Run it again.");
  return Promise.resolve().then(() => expect(spoken).toHaveLength(1));
});

it("is silent about a run that was over before", () => {
  render(<EndNews what="Backup of shop" status="completed" />);
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
});

it("leaves the end to it: the log tells of its stages while they go on", () => {
  const stage = { key: 1, name: "Dumping", errors: 0, warnings: 0 } as never;
  const { rerender } = render(<LogNews stages={[stage]} ended={false} />);
  expect(screen.getByRole("status")).toHaveTextContent("Now: Dumping");
  rerender(<LogNews stages={[stage]} ended />);
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
});
