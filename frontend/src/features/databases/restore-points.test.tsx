import { screen, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeBackup } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { page, server } from "@/test/server";

it("shows the restore points on a timeline, from the newest to the oldest by the keyboard", async () => {
  server.use(
    http.get("*/api/backups", () =>
      page([
        makeBackup({
          id: "new",
          createdAt: "2026-11-22T02:00:00Z",
          verifiedLevel: 0,
          label: "before the move",
        }),
        makeBackup({ id: "hurt", createdAt: "2026-11-20T02:00:00Z", damage: "Rows are missing." }),
        makeBackup({ id: "old", createdAt: "2026-10-22T02:00:00Z", verifiedLevel: 3 }),
      ]),
    ),
  );
  const { user } = await renderApp("/databases/db-1");
  const panel = await screen.findByRole("region", { name: "Restore points" });
  const timeline = within(panel).getByRole("listbox", { name: "Restore points on a timeline" });
  expect(within(timeline).getAllByRole("option")).toHaveLength(3);
  expect(panel).toHaveTextContent("before the move");
  expect(panel).toHaveTextContent("good: read to its end, not restored on trial");

  timeline.focus();
  await user.keyboard("{ArrowLeft}");
  expect(within(timeline).getByRole("option", { selected: true })).toHaveAccessibleName(/damaged$/);
  await user.keyboard("{Home}");
  expect(panel).toHaveTextContent("proven: it was restored on trial");
  expect(within(panel).getByRole("link", { name: "Restore this one" })).toHaveAttribute(
    "href",
    "/restore/new?backup=old",
  );
  await user.keyboard("{End}");
  await user.hover(within(timeline).getAllByRole("option")[2] as HTMLElement);
  expect(within(timeline).getByRole("option", { selected: true })).toHaveAccessibleName(/proven/);
});

it("has no timeline where there is no restore point", async () => {
  server.use(http.get("*/api/backups", () => page([])));
  await renderApp("/databases/db-1");
  expect(await screen.findByText(/makes the first one/)).toBeInTheDocument();
  expect(screen.queryByRole("region", { name: "Restore points" })).not.toBeInTheDocument();
});
