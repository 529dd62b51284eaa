import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, it, vi } from "vitest";
import type { ConfigImport } from "@/client";
import * as saving from "@/lib/save-text";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const PLAN: ConfigImport = {
  dryRun: true,
  exportedAt: "2026-11-20T10:00:00Z",
  program: "0.1.0",
  instanceId: "k3f9",
  own: false,
  added: 1,
  changed: 1,
  same: 4,
  skipped: 1,
  changes: [
    { kind: "retention-policy", id: "p", name: "Standard", action: "same", fields: [], warning: null },
    { kind: "s3-config", id: "s", name: "environment", action: "skipped", fields: [], warning: "It stays." },
    {
      kind: "database",
      id: "d",
      name: "Shop",
      action: "changed",
      fields: [
        { field: "host", before: "old", after: "new", secret: false },
        { field: "password", before: null, after: null, secret: true },
      ],
      warning: null,
    },
    { kind: "schedule", id: "x", name: "Nightly", action: "added", fields: [], warning: null },
  ],
  problems: [],
};
const PROBLEM = {
  kind: "database",
  name: "Wiki",
  field: "name",
  message: "Another one is called Wiki here.",
};

async function chooseFile(text: string) {
  const { user } = await renderApp("/settings");
  await user.click(await screen.findByRole("button", { name: "Import" }));
  const dialog = await screen.findByRole("dialog", { name: "Import a configuration" });
  const file = new File([text], "configuration.json", { type: "application/json" });
  await user.upload(within(dialog).getByLabelText("Exported file"), file);
  return { user, dialog: within(dialog) };
}

it("exports with a passphrase and offers the file", async () => {
  const saved = vi.spyOn(saving, "saveBlob").mockReturnValue();
  const sent = record("post", "*/api/config/export", () => HttpResponse.json({ format: "x" }));
  const { user } = await renderApp("/settings");
  await user.click(await screen.findByRole("button", { name: "Export" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Export the configuration" }));
  await user.type(dialog.getByLabelText("Passphrase"), "a long passphrase");
  await user.click(dialog.getByRole("checkbox", { name: "With the private encryption keys" }));
  await user.click(dialog.getByRole("button", { name: "Export" }));
  await waitFor(() => expect(saved).toHaveBeenCalledOnce());
  expect(sent[0]?.body).toEqual({ passphrase: "a long passphrase", privateKeys: false });
  expect(await screen.findByText("Configuration exported")).toBeInTheDocument();
});

it("shows what would change before it changes anything", async () => {
  const sent = record("post", "*/api/config/import", () => ok(PLAN));
  const { user, dialog } = await chooseFile('{"format": "x"}');
  await user.type(dialog.getByLabelText("Passphrase"), "secret{Enter}");
  const shown = await dialog.findByRole("region", { name: "What would change" });
  expect(shown).toHaveTextContent("1 new, 1 changed, 4 the same");
  expect(shown).toHaveTextContent("host: old → new");
  expect(shown).toHaveTextContent("password: another secret");
  expect(shown).not.toHaveTextContent("Standard");
  expect(sent[0]?.body).toEqual({ file: { format: "x" }, passphrase: "secret", dryRun: true });
  server.use(http.post("*/api/config/import", () => ok({ ...PLAN, dryRun: false })));
  await user.click(dialog.getByRole("button", { name: "Import" }));
  expect(await screen.findByText("Configuration imported")).toBeInTheDocument();
});

it("does not import while something stands in the way", async () => {
  record("post", "*/api/config/import", () => ok({ ...PLAN, problems: [PROBLEM] }));
  const { user, dialog } = await chooseFile("{}");
  await user.type(dialog.getByLabelText("Passphrase"), "secret{Enter}");
  expect(await dialog.findByRole("alert")).toHaveTextContent(
    "Database Wiki: Another one is called Wiki here.",
  );
  expect(dialog.getByRole("button", { name: "Import" })).toBeDisabled();
});

it("says at the field what is wrong with the file or the passphrase", async () => {
  const text = "This is not the passphrase the file was exported with.";
  record("post", "*/api/config/import", () =>
    refuse(400, "VALIDATION_ERROR", text, [{ field: "passphrase", message: text }]),
  );
  const { user, dialog } = await chooseFile("{}");
  await user.type(dialog.getByLabelText("Passphrase"), "wrong{Enter}");
  await waitFor(() => expect(dialog.getByLabelText("Passphrase")).toHaveAccessibleDescription(text));
  const other = new File(["no json"], "photo.json");
  await user.upload(dialog.getByLabelText("Exported file"), other);
  await waitFor(() =>
    expect(dialog.getByLabelText("Exported file")).toHaveAccessibleDescription(/no JSON file/),
  );
});
