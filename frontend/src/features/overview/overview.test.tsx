import { act, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { FakeWebSocket } from "@/test/fake-web-socket";
import {
  makeBackup,
  makeDatabase,
  makeMe,
  makeProgress,
  makeRestore,
  makeS3Copy,
  makeStatus,
} from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, refuse, server } from "@/test/server";
import { setWideScreen } from "@/test/setup";

const event = (change: object) => ({
  type: "execution",
  kind: "backup",
  id: "b-9",
  databaseId: "db-1",
  databaseName: "shop",
  status: "completed",
  errorMessage: null,
  at: "2026-11-22T12:00:00Z",
  ...change,
});

it("says in one sentence that all is well", async () => {
  await renderApp("/");
  expect(await screen.findByText("The database has a good backup; nothing needs you.")).toBeInTheDocument();
  expect(await screen.findByRole("table", { name: "Recent backups" })).toHaveTextContent("shop");
});

it("lists what needs attention and what runs now", async () => {
  const running = makeBackup({ id: "b-1", status: "running", progress: makeProgress() });
  const queued = makeBackup({ id: "b-2", status: "queued", queuePosition: 1 });
  const lacking = makeBackup({ id: "b-3", copies: [makeS3Copy({ state: "failed" })] });
  server.use(
    http.get("*/api/databases", () =>
      page([
        makeDatabase(),
        makeDatabase({ id: "db-2", name: "wiki", lastBackup: null, lastGoodBackupAt: null, size: null }),
      ]),
    ),
    http.get("*/api/backups", () => page([running, queued, lacking])),
    http.get("*/api/restores", () => page([makeRestore({ status: "running", progress: null })])),
  );
  await renderApp("/");
  expect(
    await screen.findByText(/1 of 2 databases have a good backup; 2 things need a look/),
  ).toBeInTheDocument();
  expect(await screen.findByRole("progressbar", { name: "Restore into shop_restored" })).toBeInTheDocument();
  expect(screen.getAllByRole("progressbar", { name: "Backup of shop" })).toHaveLength(2);
  expect(screen.getByText("Queued, 1st in line", { selector: "li *" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Back it up: wiki has no backup" })).toHaveAttribute(
    "href",
    "/databases/db-2",
  );
});

it("shows the first steps while there is no database", async () => {
  server.use(http.get("*/api/databases", () => page([])));
  await renderApp("/");
  expect(await screen.findByRole("heading", { name: "Add your first database" })).toBeInTheDocument();
});

it("offers to try again", async () => {
  server.use(http.get("*/api/databases", () => HttpResponse.error(), { once: true }));
  const { user } = await renderApp("/");
  expect(await screen.findByRole("alert")).toHaveTextContent("The server does not answer");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/nothing needs you/)).toBeInTheDocument();
});

it("says so when the backups can't be had, and works on the phone", async () => {
  setWideScreen(false);
  server.use(http.get("*/api/backups", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await renderApp("/");
  expect(await screen.findByText("The backups could not be loaded")).toBeInTheDocument();
});

it("tells on every page that there is no sign-in, and nothing where there is one", async () => {
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ via: "none" }))));
  const { user } = await renderApp("/");
  expect(await screen.findByRole("complementary", { name: "Access" })).toHaveTextContent("No sign-in");
  await user.click(screen.getAllByRole("link", { name: "Storage" })[0] as HTMLElement);
  expect(await screen.findByRole("heading", { name: "Storage", level: 1 })).toBeInTheDocument();
  expect(screen.getByRole("complementary", { name: "Access" })).toBeInTheDocument();
  expect(screen.getByRole("main")).toHaveFocus();
});

it("names what is not well beside the version", async () => {
  const checks = [{ name: "disk", ok: false, message: "It is full.", essential: true }];
  server.use(
    http.get("*/api/system/status", () =>
      ok(makeStatus({ authMode: "password", health: { ok: false, checks } })),
    ),
  );
  const { user } = await renderApp("/");
  expect(await screen.findByText("It is full.", { selector: "p" })).toBeInTheDocument();
  expect(screen.getByRole("region", { name: "System health" })).toHaveTextContent("Not well");
  expect(screen.queryByRole("complementary", { name: "Access" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Narrow the sidebar" }));
  expect(localStorage.getItem("sidebar")).toBe("narrow");
  await user.click(screen.getByRole("button", { name: "Widen the sidebar" }));
  await user.click(screen.getAllByRole("radio", { name: "Dark" })[0] as HTMLElement);
  await waitFor(() => expect(document.documentElement).toHaveClass("dark"));
});

it("says when it is offline, and reads everything again when it is back", async () => {
  await renderApp("/");
  const socket = FakeWebSocket.last("/api/ws/events");
  act(() => socket.open());
  act(() => socket.break());
  expect(await screen.findByText(/what you see may be/)).toBeInTheDocument();
  server.use(http.get("*/api/databases", () => page([makeDatabase({ name: "renamed" })])));
  act(() => window.dispatchEvent(new Event("online")));
  act(() => FakeWebSocket.last("/api/ws/events").open());
  expect(await screen.findByRole("link", { name: "renamed" })).toBeInTheDocument();
  expect(screen.queryByText(/what you see may be/)).not.toBeInTheDocument();
});

it("announces the ends of runs, and leads to them", async () => {
  const { user, router } = await renderApp("/");
  const { setOpenPath } = await import("@/lib/events/announce-end");
  setOpenPath((href) => void router.navigate({ href }));
  const socket = FakeWebSocket.last("/api/ws/events");
  act(() => {
    socket.open();
    socket.send(event({}));
    socket.send(event({ kind: "restore", status: "failed", errorMessage: "The checksum differs." }));
    socket.send(event({ status: "cancelled" }));
    socket.send(event({ status: "running" }));
    socket.send({ type: "change", resource: "database", id: "db-1", action: "updated" });
    socket.send({ type: "change", resource: "odd", id: "x", action: "updated" });
    socket.send({ type: "ping", at: "" });
  });
  expect(await screen.findByText("Backup of shop completed")).toBeInTheDocument();
  expect(screen.getByText("Restore of shop failed")).toBeInTheDocument();
  expect(screen.getByText("The checksum differs.")).toBeInTheDocument();
  expect(screen.getByText("Backup of shop was cancelled")).toBeInTheDocument();
  await user.click(screen.getAllByRole("button", { name: "View" })[0] as HTMLElement);
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/(backups|restores)\/b-9/));
});

it("says that there is no page at an unknown address", async () => {
  await renderApp("/nowhere");
  expect(screen.getByRole("heading", { name: "Page not found" })).toBeInTheDocument();
});

it("shows an error of the page itself with a way to try again", async () => {
  server.use(
    http.get("*/api/backups/:id", () => refuse(500, "INTERNAL_ERROR", "See the log."), { once: true }),
  );
  const { user } = await renderApp("/backups/backup-1");
  expect(screen.getByRole("heading", { name: "This page could not be shown" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("region", { name: "Copies" })).toBeInTheDocument();
});

it("shows the figures and the charts, with tables for those who cannot see them", async () => {
  const { user } = await renderApp("/");
  expect(await screen.findByText("6 of 7")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "1 Failed in 24 hours" })).toHaveAttribute(
    "href",
    "/backups?status=failed",
  );
  expect(screen.getByText("disk 39 % full")).toBeInTheDocument();
  expect(screen.getByRole("figure", { name: "Runs" })).toHaveTextContent("80 % completed");
  expect(screen.getByRole("table", { name: "Runs" })).toHaveTextContent("28 Feb 20262 completed, 1 failed");
  expect(screen.getByRole("figure", { name: "Twelve months" })).toHaveTextContent(
    "1 day with a failed backup",
  );
  expect(screen.getByRole("table", { name: "Storage growth" })).toHaveTextContent("4.00 KiB");

  await user.click(screen.getByRole("radio", { name: "12 months" }));
  expect(screen.getByRole("table", { name: "Runs" })).toHaveTextContent(
    "Week to 1 Mar 20264 completed, 1 failed",
  );
  const toggle = screen.getByRole("button", { name: "Runs as a table" });
  await user.click(toggle);
  expect(toggle).toHaveAttribute("aria-pressed", "true");
  expect(screen.getByRole("region", { name: "Runs, as a table" })).toHaveAttribute("tabindex", "0");
});

it("shows half a year on the phone", async () => {
  setWideScreen(false);
  await renderApp("/");
  expect(await screen.findByRole("figure", { name: "Six months" })).toBeInTheDocument();
});

it("says how the program itself is, and what waits", async () => {
  server.use(
    http.get("*/api/system/status", () => ok(makeStatus({ running: 1, queued: 2, uptimeSeconds: 7_260 }))),
  );
  await renderApp("/");
  const system = await screen.findByRole("region", { name: "System health" });
  expect(system).toHaveTextContent("Healthy");
  expect(system).toHaveTextContent("123 GiB free of 200 GiB");
  expect(system).toHaveTextContent("1 running, 2 waiting · up for 2 h 01 m");
});
