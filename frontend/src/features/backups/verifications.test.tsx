import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeBackupDetail, makeCopy, makeDatabase, makeS3Copy, makeVerification } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";
import { copyName } from "./components/copies-line";

const panel = async () => within(await screen.findByRole("region", { name: "Verifications" }));

it("starts a verification of the chosen level and copy and says what each cannot see", async () => {
  const copies = [makeCopy({ state: "complete" }), makeS3Copy({ state: "complete" })];
  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail({ copies }))));
  const calls = record("post", "*/api/backups/:id/verify", () => ok(makeVerification()));
  const { user } = await renderApp("/backups/backup-1");
  expect(await (await panel()).findByText(/Not verified since it was made/)).toBeInTheDocument();
  await user.click((await panel()).getByRole("button", { name: "Verify" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Verify this backup" }));
  expect(dialog.getByText(/a backup that was bad from the start passes/)).toBeInTheDocument();
  expect(dialog.getByText(/a dump that no server accepts passes/)).toBeInTheDocument();
  expect(dialog.getByText(/altered cells in sampled rows only/)).toBeInTheDocument();
  await user.click(dialog.getByRole("radio", { name: "3. Restore it on the side" }));
  const choice = within(dialog.getByRole("radiogroup", { name: "Which copy" }));
  await user.click(choice.getByRole("radio", { name: copyName(makeS3Copy()) }));
  await user.click(dialog.getByRole("button", { name: "Start the verification" }));
  await waitFor(() =>
    expect(calls[0]?.body).toEqual({
      level: 3,
      copyId: copies[1]?.id,
      targetDatabaseId: null,
      targetKind: null,
    }),
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("tells why a verification did not start", async () => {
  record("post", "*/api/backups/:id/verify", () => refuse(409, "CONFLICT", "This copy is failed."));
  const { user } = await renderApp("/backups/backup-1");
  await user.click((await panel()).getByRole("button", { name: "Verify" }));
  await user.click(await screen.findByRole("button", { name: "Start the verification" }));
  expect(await screen.findByText("This copy is failed.")).toBeInTheDocument();
});

it("shows what was proven, what failed, and lets a running one be cancelled", async () => {
  const bad = { name: "stored-bytes", ok: false, message: "shop.dump is not what was written." };
  server.use(
    http.get("*/api/verifications", () =>
      page([
        makeVerification({
          id: "v3",
          status: "running",
          level: 2,
          completedAt: null,
          checks: [],
          restoreSeconds: null,
        }),
        makeVerification({ id: "v2" }),
        makeVerification({
          id: "v1",
          level: 1,
          restoreSeconds: null,
          status: "failed",
          errorMessage: "Not proven.",
          checks: [bad],
        }),
      ]),
    ),
  );
  const calls = record("post", "*/api/verifications/:id/cancel", () => ok(makeVerification()));
  const { user } = await renderApp("/backups/backup-1");
  const list = await panel();
  expect(await list.findByText("Read it to the end")).toBeInTheDocument();
  expect(list.getByText(/The restore took 1 m 24 s/)).toBeInTheDocument();
  expect(list.getByText("Not proven.")).toBeInTheDocument();
  expect(list.getByText(bad.message)).toBeInTheDocument();
  await user.click(list.getByRole("button", { name: "Cancel the verification" }));
  await waitFor(() => expect(calls).toHaveLength(1));
});

it("says on the database's card when it was last proven restorable", async () => {
  const { lastProvenAt, lastRestoreSeconds } = {
    lastProvenAt: makeVerification().completedAt,
    lastRestoreSeconds: 84.2,
  };
  server.use(
    http.get("*/api/databases", () =>
      page([makeDatabase({ lastProvenAt, lastRestoreSeconds }), makeDatabase({ id: "db-2", name: "blog" })]),
    ),
  );
  await renderApp("/databases");
  const card = within(await screen.findByRole("article", { name: "shop" }));
  expect(card.getByText(/Proven restorable:/)).toHaveTextContent(/took 1 m 24 s/);
  expect(
    within(screen.getByRole("article", { name: "blog" })).getByText("Never proven restorable"),
  ).toBeInTheDocument();
});

it("restores on the server of another database, and asks level 4 only where there are assertions", async () => {
  const other = makeDatabase({ id: "db-2", name: "staging", host: "staging-db" });
  const elsewhere = makeDatabase({ id: "db-3", name: "wiki", type: "mariadb" });
  server.use(http.get("*/api/databases", () => page([makeDatabase(), other, elsewhere])));
  const calls = record("post", "*/api/backups/:id/verify", () => ok(makeVerification()));
  const { user } = await renderApp("/backups/backup-1");
  await user.click((await panel()).getByRole("button", { name: "Verify" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Verify this backup" }));
  expect(dialog.getByText(/add some on its page/)).toBeInTheDocument();
  expect(dialog.getByRole("radio", { name: "4. Ask your own questions" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await user.click(dialog.getByRole("radio", { name: "3. Restore it on the side" }));
  const target = await dialog.findByRole("combobox", { name: "Where to restore it" });
  expect(within(target).queryByRole("option", { name: /wiki/ })).not.toBeInTheDocument();
  await user.selectOptions(target, "db-2");
  await user.click(dialog.getByRole("button", { name: "Start the verification" }));
  await waitFor(() => expect(calls[0]?.body).toMatchObject({ level: 3, targetDatabaseId: "db-2" }));
});

it("restores in a throwaway container where that is allowed, and tells so afterwards", async () => {
  const linked = makeDatabase({ containerName: "shop-db", scratchContainer: "possible" });
  server.use(
    http.get("*/api/databases", () => page([linked])),
    http.get("*/api/verifications", () => page([makeVerification({ targetKind: "container" })])),
  );
  const calls = record("post", "*/api/backups/:id/verify", () => ok(makeVerification()));
  const { user } = await renderApp("/backups/backup-1");
  expect(await screen.findByText(/took 1 m 24 s, in a throwaway container/)).toBeInTheDocument();
  await user.click((await panel()).getByRole("button", { name: "Verify" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Verify this backup" }));
  await user.click(dialog.getByRole("radio", { name: "3. Restore it on the side" }));
  const target = await dialog.findByRole("combobox", { name: "Where to restore it" });
  await user.selectOptions(target, "A throwaway container of its image");
  expect(dialog.getByText(/made of the image that the database runs/)).toBeInTheDocument();
  await user.click(dialog.getByRole("button", { name: "Start the verification" }));
  await waitFor(() =>
    expect(calls[0]?.body).toMatchObject({ targetDatabaseId: null, targetKind: "container" }),
  );
});

it("offers the own server where a throwaway container is usual", async () => {
  const off = makeDatabase({
    containerName: "shop-db",
    scratchContainer: "switchedOff",
    verifyTargetKind: "container",
  });
  server.use(http.get("*/api/databases", () => page([off])));
  const calls = record("post", "*/api/backups/:id/verify", () => ok(makeVerification()));
  const { user } = await renderApp("/backups/backup-1");
  await user.click((await panel()).getByRole("button", { name: "Verify" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Verify this backup" }));
  await user.click(dialog.getByRole("radio", { name: "3. Restore it on the side" }));
  const target = await dialog.findByRole("combobox", { name: "Where to restore it" });
  expect(
    await within(target).findByRole("option", { name: "A throwaway container, as this database has it" }),
  ).toBeInTheDocument();
  await user.selectOptions(target, "Its own server");
  await user.click(dialog.getByRole("button", { name: "Start the verification" }));
  await waitFor(() => expect(calls[0]?.body).toMatchObject({ targetDatabaseId: null, targetKind: "server" }));
});

it("says who signed, what is damaged and what is odd, and lets that be acknowledged", async () => {
  const odd = {
    kind: "rows-fell",
    message: "Rows fell.",
    foundAt: "2026-11-22T12:00:00Z",
    acknowledgedAt: null,
  };
  const seen = { ...odd, kind: "size-fell", message: "It shrank.", acknowledgedAt: "2026-11-22T13:00:00Z" };
  server.use(
    http.get("*/api/backups/:id", () =>
      ok(
        makeBackupDetail({
          damage: "Rows are missing.",
          anomalies: [odd, seen],
          copies: [makeCopy({ state: "damaged", error: "Altered." })],
          signature: { state: "foreign", fingerprint: "ab12", message: "Signed with another key." },
        }),
      ),
    ),
    http.get("*/api/verifications", () =>
      page([makeVerification({ targetId: "db-2", targetName: "staging", startedBy: "schedule" })]),
    ),
  );
  const calls = record("post", "*/api/backups/:id/acknowledge", () => ok(makeBackupDetail()));
  const { user } = await renderApp("/backups/backup-1");
  expect(await screen.findByText("Do not count on this backup")).toBeInTheDocument();
  expect(screen.getByText("Rows are missing.")).toBeInTheDocument();
  expect(screen.getByText("Signed anew by somebody else")).toBeInTheDocument();
  expect(screen.getByText("Altered.")).toBeInTheDocument();
  expect(screen.getByText(/1 oddity that somebody has seen/)).toBeInTheDocument();
  expect(await screen.findByText(/wanted by a schedule.*on the server of staging/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "It is as it should be" }));
  await waitFor(() => expect(calls).toHaveLength(1));
});

it("tells exact rows from estimates and which rows were hashed", async () => {
  const sample = { key: [], every: 1, probe: "", rows: 10, sha256: "x" };
  const tables = [
    { schema: "s", name: "a", rows: 10, rowsExact: true, size: 2, columns: {}, sample },
    { schema: "s", name: "b", rows: 20, rowsExact: false, size: 1, columns: {}, sample: null },
  ];
  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail({ tables }))));
  await renderApp("/backups/backup-1");
  const region = within(await screen.findByRole("region", { name: "Tables" }));
  expect(region.getByText("10 rows")).toBeInTheDocument();
  expect(region.getByText("≈ 20 rows")).toBeInTheDocument();
  expect(region.getByLabelText("All rows hashed")).toBeInTheDocument();
  expect(
    region.getByText(/counted exactly in 1 of 2 tables.*of 1 tables are in the manifest/),
  ).toBeInTheDocument();
});
