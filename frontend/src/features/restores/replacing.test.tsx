import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeDatabase, makePreflight, makeRestore } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

async function toConfirm(user: Awaited<ReturnType<typeof renderApp>>["user"]) {
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
}

const KEPT = makeRestore({
  targetDatabase: "shop",
  options: { mode: "replace", existingDatabase: "shop" },
  undoState: "available",
  keptDatabase: "shop_replaced_1a2b3c4d",
  keptUntil: "2099-01-01T00:00:00Z",
  checks: [
    { name: "tables", ok: true, message: "12 tables, the same as in the manifest." },
    { name: "rows", ok: false, message: "The rows are not those of the manifest." },
  ],
});

it("replaces a PostgreSQL database when its name was typed, once however often it is pressed", async () => {
  server.use(
    http.post("*/api/restores/preflight", () =>
      ok(makePreflight({ estimatedSeconds: 95, estimatedFrom: 2 })),
    ),
  );
  const starts = record("post", "*/api/restores", () => ok(makeRestore()));
  const { user, router } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "Drop and recreate the database" }));
  expect(screen.getByLabelText("The database")).toHaveAttribute("readonly");
  const saves = screen.getByRole("checkbox", { name: "Safety backup first" });
  expect(saves).not.toBeChecked();
  expect(saves).toHaveAccessibleDescription(/the old database itself is kept/);
  await user.click(screen.getByRole("checkbox", { name: "End active connections" }));
  await user.click(screen.getByRole("radio", { name: "Give everything to one role" }));
  await user.type(screen.getByLabelText("Role that owns everything"), "app");
  expect(await screen.findByText(/about 1 m 35 s, going by 2 earlier restores/)).toBeInTheDocument();
  await toConfirm(user);

  expect(await screen.findByText(/both change places at once/)).toBeInTheDocument();
  const go = screen.getByRole("button", { name: "Replace shop" });
  await user.click(screen.getByRole("checkbox", { name: /I understand that this will modify/ }));
  expect(go).toBeDisabled();
  const typed = screen.getByLabelText(/Type the name of the database/);
  await user.type(typed, "Shop");
  expect(typed).toHaveAccessibleDescription(/That is not shop/);
  await user.clear(typed);
  await user.type(typed, "shop{Tab}{Tab}");
  await user.dblClick(go);
  await waitFor(() => expect(router.state.location.pathname).toBe("/restores/restore-1"));
  expect(starts[0]?.body).toEqual({
    databaseId: "db-1",
    backupId: "backup-1",
    confirm: true,
    confirmName: "shop",
    idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
    options: {
      mode: "replace",
      existingDatabase: "shop",
      jobs: 1,
      role: "app",
      noPrivileges: true,
      safetyBackup: false,
      stopConnections: true,
    },
  });
});

it("cleans a PostgreSQL database with a safety backup in a bucket", async () => {
  const plans = record("post", "*/api/restores/preflight", () => ok(makePreflight()));
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "Clean before restore" }));
  expect(screen.queryByRole("radio", { name: /create missing roles/ })).not.toBeInTheDocument();
  expect(screen.queryByLabelText("Parallel jobs")).not.toBeInTheDocument();
  await screen.findByRole("option", { name: /Offsite/ });
  await user.selectOptions(screen.getByLabelText("Safety backup goes to"), "Offsite (acme-backups)");
  await toConfirm(user);
  expect(
    await screen.findByText(/in one transaction: if anything fails, nothing is changed/),
  ).toBeInTheDocument();
  expect(plans.at(-1)?.body).toMatchObject({
    options: { mode: "clean", existingDatabase: "shop", safetyBackup: true, safetyS3ConfigId: "s3-1" },
  });
});

it("says of MySQL that it is changed in place, and what switching the safety backup off means", async () => {
  server.use(http.get("*/api/databases", () => page([makeDatabase({ type: "mysql" })])));
  const plans = record("post", "*/api/restores/preflight", () => ok(makePreflight()));
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "Drop and recreate the database" }));
  expect(screen.getByRole("radio", { name: "Restore as they were" })).toBeChecked();
  const saves = screen.getByRole("checkbox", { name: "Safety backup first" });
  expect(saves).toBeChecked();
  await user.selectOptions(screen.getByLabelText("Parallel jobs"), "2");
  await toConfirm(user);
  expect(await screen.findByText(/put back by itself, even after a crash/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("checkbox", { name: "Safety backup first" }));
  await toConfirm(user);
  expect(await screen.findByText(/nothing brings it back if the restore fails/)).toBeInTheDocument();
  expect(plans.at(-1)?.body).toMatchObject({
    options: { mode: "replace", safetyBackup: false, events: "enabled", definer: "keep", jobs: 2 },
  });
});

it("shows what was checked, and undoes the restore", async () => {
  server.use(http.get("*/api/restores/restore-1", () => ok(KEPT)));
  const undos = record("post", "*/api/restores/restore-1/undo", () => ok(makeRestore({ id: "restore-2" })));
  const { user, router } = await renderApp("/restores/restore-1");
  expect(await screen.findByText("12 tables, the same as in the manifest.")).toBeInTheDocument();
  expect(screen.getByLabelText("Differs:")).toBeInTheDocument();
  expect(screen.getByText("shop_replaced_1a2b3c4d")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  const dialog = await screen.findByRole("alertdialog", { name: "Undo this restore?" });
  await user.click(within(dialog).getByRole("checkbox", { name: "End active connections" }));
  await user.click(within(dialog).getByRole("button", { name: "Undo the restore" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/restores/restore-2"));
  expect(undos[0]?.body).toEqual({ confirm: true, stopConnections: true });
});

it("lets the old database go only when asked twice, and tells when that fails", async () => {
  server.use(http.get("*/api/restores/restore-1", () => ok(KEPT)));
  const releases = record("post", "*/api/restores/restore-1/release", () =>
    refuse(409, "CONFLICT", "This restore is being undone."),
  );
  const { user } = await renderApp("/restores/restore-1");
  await user.click(await screen.findByRole("button", { name: "Let the old database go" }));
  const dialog = await screen.findByRole("alertdialog");
  await user.click(within(dialog).getByRole("button", { name: "Drop it" }));
  expect(await screen.findByText("This restore is being undone.")).toBeInTheDocument();
  expect(releases).toHaveLength(1);
});

it("shows every state of the way back", async () => {
  const show = (change: Parameters<typeof makeRestore>[0]) =>
    server.use(http.get("*/api/restores/restore-1", () => ok(makeRestore({ ...KEPT, ...change }))));
  show({ undoState: "undone", undoneById: "restore-2" });
  await renderApp("/restores/restore-1");
  expect(await screen.findByText("This restore was undone")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "The run that undid it" })).toHaveAttribute(
    "href",
    "/restores/restore-2",
  );
  expect(screen.getByRole("button", { name: "Let the restored database go" })).toBeInTheDocument();
  cleanup();

  show({ undoState: "releasing" });
  await renderApp("/restores/restore-1");
  expect(await screen.findByText(/is being dropped/)).toBeInTheDocument();
  cleanup();

  show({ undoState: "available", keptDatabase: null, safetyBackupId: "backup-1" });
  const saved = await renderApp("/restores/restore-1");
  expect(await screen.findByRole("link", { name: "safety backup" })).toHaveAttribute(
    "href",
    "/backups/backup-1",
  );
  await saved.user.click(screen.getByRole("button", { name: "Let the safety backup go" }));
  expect(await screen.findByText(/retention may delete it/)).toBeInTheDocument();
  cleanup();

  show({
    status: "failed",
    undoState: null,
    undoneById: "restore-2",
    errorMessage: "The client was killed.",
  });
  await renderApp("/restores/restore-1");
  expect(await screen.findByText("shop is put back as it was")).toBeInTheDocument();
  cleanup();

  show({
    status: "queued",
    undoState: null,
    undoOfId: "restore-0",
    attempt: 3,
    errorMessage: "It does not answer.",
    options: { mode: "replace", existingDatabase: "shop", putBack: true },
  });
  const again = await renderApp("/restores/restore-1");
  expect(await screen.findByText("Attempt 2 failed; it is tried again")).toBeInTheDocument();
  expect(screen.getByRole("heading", { name: "shop is brought back" })).toBeInTheDocument();
  await again.user.click(screen.getByRole("button", { name: "Cancel the restore" }));
  expect(await screen.findByText(/Its safety backup is kept/)).toBeInTheDocument();
});

it("tells in the list what can be undone", async () => {
  server.use(
    http.get("*/api/restores", () => page([KEPT, makeRestore({ id: "r2", undoOfId: "restore-1" })])),
  );
  await renderApp("/restores");
  expect((await screen.findAllByText("Can be undone")).length).toBeGreaterThan(0);
  expect(screen.getAllByText("Takes a restore back").length).toBeGreaterThan(0);
});
