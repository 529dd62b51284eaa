import { screen, waitFor } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { renderApp } from "@/test/render-app";
import { ok, refuse, server } from "@/test/server";

const line = (seq: number, message: string) => ({
  seq,
  at: "2026-03-01T12:00:00Z",
  level: "warning",
  category: "s3",
  message,
  request: "",
  operation: "run-1",
});

it("reads the log with the filter of the address and goes on reading", async () => {
  const asked: string[] = [];
  server.use(
    http.get("*/api/system/logs", ({ request }) => {
      asked.push(new URL(request.url).search);
      return ok(asked.length === 1 ? [] : [line(1, "The bucket is slow")]);
    }),
  );
  const { user } = await renderApp("/logs?level=warning&category=s3");
  expect(await screen.findByText("No line fits the filter.")).toBeInTheDocument();
  expect(asked[0]).toContain("level=warning&category=s3");
  await waitFor(() => expect(screen.queryByText("No line fits the filter.")).not.toBeInTheDocument(), {
    timeout: 3000,
  });
  expect(screen.getByRole("log")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Pause" }));
  expect(screen.getByRole("button", { name: "Go on" })).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText("Level"), "error");
  await user.selectOptions(screen.getByLabelText("Category"), "all");
  await user.type(screen.getByLabelText("Text"), "slow");
  await waitFor(() => expect(asked.at(-1)).toContain("level=error&search=slow"));
});

it("offers to try again when the log does not come", async () => {
  server.use(http.get("*/api/system/logs", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await renderApp("/logs?level=loud");
  expect(await screen.findByText("The log could not be read")).toBeInTheDocument();
});
