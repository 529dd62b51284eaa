import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { LogLine } from "@/client";
import { makeLines } from "@/test/fixtures";
import { LogViewer } from "./log-viewer";

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

function openLog() {
  const view = (lines: LogLine[]) => (
    <LogViewer stream={{ lines, state: "open", ended: false }} fileName="run.log" rate={3_000_000} />
  );
  const { rerender } = render(view(RUN));
  return { user: userEvent.setup(), more: (lines: LogLine[]) => rerender(view([...RUN, ...lines])) };
}

it("folds stages, each with its time and its rate", async () => {
  const { user } = openLog();
  const dumping = screen.getByRole("button", { name: /^With warnings ?Dumping/, expanded: true });
  await user.click(dumping);
  expect(screen.queryByText("circular keys")).not.toBeInTheDocument();
  expect(dumping).toHaveTextContent("2 lines");
  await user.click(screen.getByRole("button", { name: "Unfold all stages" }));
  expect(screen.getByText("circular keys")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Fold all stages" }));
  expect(screen.queryByText("Connected to PostgreSQL 16.4")).not.toBeInTheDocument();
  const strip = screen.getByRole("list", { name: "Stages" });
  expect(strip).toHaveTextContent(
    /Checking beforehand2\.0 sDumping10 s · 10\.0 MiB\/sWriting the manifest.*2\.86 MiB\/s/,
  );
  await user.click(screen.getByTitle("Show where “Dumping” begins"));
});

it("tells screen readers of stages and troubles only, and counts what came while one read on top", async () => {
  const { user, more } = openLog();
  expect(screen.getByText("Now: Writing the manifest, 1 warning")).toHaveAttribute("role", "status");
  await user.click(screen.getByRole("button", { name: "Following" }));
  more(makeLines(2).map((one, n) => ({ ...one, seq: 6 + n })));
  await user.click(screen.getByRole("button", { name: "Follow again, 2 new lines" }));
  expect(screen.getByRole("button", { name: "Following" })).toBeInTheDocument();
});
