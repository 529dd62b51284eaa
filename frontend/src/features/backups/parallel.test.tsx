import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeBackupDetail, makeDatabase } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, server } from "@/test/server";

it("sends the number of dump jobs, and refuses one that is none", async () => {
  const calls = record("post", "*/api/backups", () => ok(makeBackupDetail()));
  const { user } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Back up now" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(await within(dialog).findByText("What goes in"));
  const jobs = within(dialog).getByLabelText(/Parallel dump/);
  await user.type(jobs, "9");
  await user.click(within(dialog).getByRole("button", { name: "Start the backup" }));
  expect(await within(dialog).findByText("A whole number from 1 to 8.")).toBeInTheDocument();
  await user.clear(jobs);
  await user.type(jobs, "3");
  expect(within(dialog).getByText("everything, 3 dump jobs")).toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Start the backup" }));
  await waitFor(() => expect(calls[0]?.body).toMatchObject({ options: { jobs: 3 } }));
});

it("offers dump jobs of MySQL and MariaDB, too, and names the parts of their dumps", async () => {
  server.use(http.get("*/api/databases/:id", () => ok(makeDatabase({ type: "mariadb" }))));
  const { user, router } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Back up now" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(await within(dialog).findByText("What goes in"));
  await user.type(within(dialog).getByLabelText(/Parallel dump/), "2");
  expect(within(dialog).getByText("everything, 2 dump jobs")).toBeInTheDocument();
  const part = { format: "sql", size: 1, sha256: "a", plainSize: 1, plainSha256: "b", tool: "mariadb-dump" };
  const parts = [
    { ...part, name: "data1", file: "shop.data1.sql.gz", tables: [["shop", "a"]] as [string, string][] },
    { ...part, name: "after", file: "shop.after.sql.gz", tables: [] },
    { ...part, name: "database", file: "shop.sql.gz", tables: [] },
  ];
  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail({ parts }))));
  await router.navigate({ to: "/backups/$id", params: { id: "backup-1" } });
  const list = await screen.findByRole("region", { name: "Parts" });
  for (const name of ["Rows, data1", "Triggers and events", "Definitions"]) {
    expect(within(list).getByText(name)).toBeInTheDocument();
  }
});

it("lists the parts of a parallel dump with their tables", async () => {
  const part = {
    format: "pg_custom",
    size: 2048,
    sha256: "a",
    plainSize: 1,
    plainSha256: "b",
    tool: "pg_dump 15",
  };
  const tables = ["a", "b", "c", "d", "e", "f"].map((name): [string, string] => ["public", name]);
  const parts = [
    { ...part, name: "data1", file: "shop.data1.dump.gz", tables },
    { ...part, name: "database", file: "shop.dump.gz", tables: [] },
  ];
  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail({ parts }))));
  await renderApp("/backups/backup-1");
  const list = await screen.findByRole("region", { name: "Parts" });
  expect(list).toHaveTextContent("shop.data1.dump.gz");
  expect(list).toHaveTextContent("public.a, public.b, public.c, public.d, public.e and 1 more");
  expect(list).toHaveTextContent("Definitions and other rows");
  const link = within(list).getByRole("link", { name: "Download data1" });
  expect(link).toHaveAttribute("href", "/api/backups/backup-1/download?part=data1");
});
