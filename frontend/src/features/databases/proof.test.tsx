import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeDatabase } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

const panel = async () => within(await screen.findByRole("region", { name: "Proof" }));

it("shows what would be lost, how fast it is back, and what copies must hold", async () => {
  const database = makeDatabase({
    rpoSeconds: 7_200,
    rtoSeconds: 84.2,
    verifyTargetId: "db-2",
    assertions: [{ name: "There are orders", sql: "SELECT true" }],
  });
  server.use(
    http.get("*/api/databases/:id", () => ok(database)),
    http.get("*/api/databases", () => page([database, makeDatabase({ id: "db-2", name: "staging" })])),
  );
  await renderApp("/databases/db-1");
  const proof = await panel();
  expect(proof.getByText(/The last 2 h 00 m/)).toBeInTheDocument();
  expect(proof.getByText(/1 m 24 s, as measured/)).toBeInTheDocument();
  expect(await proof.findByText("The server of staging")).toBeInTheDocument();
  expect(proof.getByText("There are orders")).toBeInTheDocument();
});

it("edits assertions and the target, and puts a refusal beside the field", async () => {
  server.use(
    http.get("*/api/databases", () => page([makeDatabase(), makeDatabase({ id: "db-2", name: "staging" })])),
  );
  const problem = { field: "assertions[0].sql", message: "An assertion is one query that only reads." };
  const refused = record("put", "*/api/databases/:id/proof", () =>
    refuse(400, "VALIDATION_ERROR", problem.message, [problem]),
  );
  const { user } = await renderApp("/databases/db-1");
  await user.click((await panel()).getByRole("button", { name: "Change" }));
  const dialog = within(await screen.findByRole("dialog", { name: /How backups of shop are proven/ }));
  await user.selectOptions(await dialog.findByRole("combobox", { name: "Where to restore it" }), "db-2");
  await user.click(dialog.getByRole("button", { name: "Add an assertion" }));
  await user.click(dialog.getByRole("button", { name: "Add an assertion" }));
  await user.click(dialog.getByRole("button", { name: "Remove assertion 2" }));
  await user.type(dialog.getByRole("textbox", { name: "What it says" }), "Orders");
  await user.type(dialog.getByRole("textbox", { name: "Query" }), "DROP TABLE orders");
  await user.click(dialog.getByRole("button", { name: "Save" }));
  expect(await dialog.findByText(problem.message)).toBeInTheDocument();
  expect(refused[0]?.body).toEqual({
    assertions: [{ name: "Orders", sql: "DROP TABLE orders" }],
    verifyTargetId: "db-2",
    verifyTargetKind: "server",
  });
  const calls = record("put", "*/api/databases/:id/proof", () => ok(makeDatabase()));
  await user.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(calls).toHaveLength(1));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("keeps a throwaway container as the usual place", async () => {
  const linked = makeDatabase({ containerName: "shop-db", scratchContainer: "possible" });
  const kept = { ...linked, verifyTargetKind: "container" };
  let shown = linked;
  server.use(
    http.get("*/api/databases/:id", () => ok(shown)),
    http.get("*/api/databases", () => page([shown])),
  );
  const calls = record("put", "*/api/databases/:id/proof", () => {
    shown = kept;
    return ok(kept);
  });
  const { user } = await renderApp("/databases/db-1");
  await user.click((await panel()).getByRole("button", { name: "Change" }));
  const dialog = within(await screen.findByRole("dialog", { name: /are proven/ }));
  await user.selectOptions(
    await dialog.findByRole("combobox", { name: "Where to restore it" }),
    "A throwaway container of its image",
  );
  await user.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(calls[0]?.body).toMatchObject({ verifyTargetId: null, verifyTargetKind: "container" }),
  );
  expect(await (await panel()).findByText("A throwaway container")).toBeInTheDocument();
  await user.click((await panel()).getByRole("button", { name: "Change" }));
  const again = within(await screen.findByRole("dialog", { name: /are proven/ }));
  expect(again.getByRole("combobox", { name: "Where to restore it" })).toHaveValue("container");
});
