import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, it, vi } from "vitest";
import { makeBackupDetail, makeKey } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const RECOVERY = makeKey({
  id: "key-2",
  name: "Offline",
  recipient: "age1recovery",
  hasIdentity: false,
  recovery: true,
  downloadedAt: null,
  backups: 1,
});
const OLD = makeKey({
  id: "key-3",
  name: "Backups 2025",
  recipient: "age1old",
  state: "retired",
  comment: "In the safe.",
});

function withKeys(...keys: ReturnType<typeof makeKey>[]) {
  server.use(http.get("*/api/encryption-keys", () => ok(keys)));
}

it("shows every key, what it is for and where its private part is", async () => {
  withKeys(makeKey(), RECOVERY, OLD);
  await renderApp("/encryption-keys");
  const active = await screen.findByRole("article", { name: "Backups 2026" });
  expect(active).toHaveTextContent("Active");
  expect(active).toHaveTextContent("12 backups");
  expect(active).toHaveTextContent("private key here, and downloaded");
  const recovery = screen.getByRole("article", { name: "Offline" });
  expect(recovery).toHaveTextContent("Recovery");
  expect(recovery).toHaveTextContent("private key kept elsewhere");
  expect(within(recovery).queryByRole("button", { name: "Download the key file" })).not.toBeInTheDocument();
  expect(screen.getByRole("article", { name: "Backups 2025" })).toHaveTextContent("In the safe.");
  expect(screen.queryByRole("complementary", { name: "Encryption key" })).not.toBeInTheDocument();
});

it("makes a key and insists on its download", async () => {
  const made = record("post", "*/api/encryption-keys", () => ok(makeKey({ downloadedAt: null })));
  const { user } = await renderApp("/encryption-keys");
  expect(await screen.findByRole("heading", { name: "Backups are not encrypted" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Generate a key" }));
  await user.type(await screen.findByLabelText("Name"), " Backups 2026 ");
  await user.type(screen.getByLabelText(/Comment/), "In the safe");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Download it now");
  expect(made[0]?.body).toEqual({ name: "Backups 2026", comment: "In the safe", kind: "age" });
  const save = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const dialog = await screen.findByRole("dialog", { name: "Keep Backups 2026 safe" });
  server.use(
    http.post("*/api/encryption-keys/:id/download", () => refuse(500, "INTERNAL_ERROR", "See the log."), {
      once: true,
    }),
  );
  await user.click(within(dialog).getByRole("button", { name: "Download the key file" }));
  expect(await within(dialog).findByText("See the log.")).toBeInTheDocument();
  expect(save).not.toHaveBeenCalled();
  await user.click(within(dialog).getByRole("button", { name: "Download the key file" }));
  await user.click(await within(dialog).findByRole("button", { name: "Done" }));
  expect(save).toHaveBeenCalledOnce();
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("says why no key was made", async () => {
  record("post", "*/api/encryption-keys", () => refuse(409, "CONFLICT", "There is already a key called A."));
  const { user } = await renderApp("/encryption-keys");
  await user.click(await screen.findByRole("button", { name: "Generate a key" }));
  await user.type(await screen.findByLabelText("Name"), "A");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("There is already a key called A.");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("imports a private key, and a recovery recipient", async () => {
  withKeys(makeKey());
  const imports = record("post", "*/api/encryption-keys/import", () => ok(makeKey()));
  const { user } = await renderApp("/encryption-keys");
  await user.click(await screen.findByRole("button", { name: "Import a key" }));
  await user.type(await screen.findByLabelText("Name"), "Mine");
  await user.type(screen.getByRole("textbox", { name: "Private key" }), "AGE-SECRET-KEY-1X");
  await user.click(screen.getByRole("button", { name: "Import" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(imports[0]?.body).toEqual({ name: "Mine", identity: "AGE-SECRET-KEY-1X", recovery: false });
  record("post", "*/api/encryption-keys/import", () =>
    refuse(400, "VALIDATION_ERROR", "No recipient of age."),
  );
  await user.click(screen.getByRole("button", { name: "Import a key" }));
  await user.click(await screen.findByRole("radio", { name: /Recovery recipient/ }));
  await user.type(screen.getByLabelText("Name"), "Offline");
  await user.type(screen.getByRole("textbox", { name: "Recipient" }), " age1 ");
  await user.click(screen.getByRole("button", { name: "Import" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("No recipient of age.");
  const again = record("post", "*/api/encryption-keys/import", () => ok(RECOVERY));
  await user.click(screen.getByRole("button", { name: "Import" }));
  await waitFor(() => expect(again[0]?.body).toEqual({ name: "Offline", recipient: "age1", recovery: true }));
});

it("warns on every page of a key that was never downloaded", async () => {
  withKeys(makeKey({ downloadedAt: null }));
  await renderApp("/backups");
  const banner = await screen.findByRole("complementary", { name: "Encryption key" });
  expect(banner).toHaveTextContent("Backups 2026: never downloaded.");
  expect(within(banner).getByRole("link", { name: "Download it" })).toHaveAttribute(
    "href",
    "/encryption-keys",
  );
});

it("activates, retires and deletes a key, and tells why not", async () => {
  withKeys(makeKey(), OLD);
  const changed: string[] = [];
  server.use(
    http.post("*/api/encryption-keys/:id/:action", ({ params }) => {
      changed.push(`${params.id}/${params.action}`);
      return ok(makeKey());
    }),
  );
  const { user } = await renderApp("/encryption-keys");
  await user.click(await screen.findByRole("button", { name: "Make active" }));
  await waitFor(() => expect(changed).toEqual(["key-3/activate"]));
  await user.click(screen.getByRole("button", { name: "Retire" }));
  const asked = await screen.findByRole("alertdialog");
  expect(asked).toHaveTextContent("new backups are not encrypted");
  await user.click(within(asked).getByRole("button", { name: "Retire it" }));
  await waitFor(() => expect(changed).toContain("key-1/retire"));
  server.use(
    http.delete(
      "*/api/encryption-keys/:id",
      () => refuse(409, "CONFLICT", "12 backups are encrypted to it."),
      {
        once: true,
      },
    ),
  );
  await user.click(screen.getByRole("button", { name: "Delete Backups 2025" }));
  const deleting = await screen.findByRole("alertdialog", { name: "Delete Backups 2025?" });
  expect(deleting).toHaveTextContent("so this will be refused");
  await user.click(within(deleting).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("12 backups are encrypted to it.")).toBeInTheDocument();
  await user.click(within(deleting).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
});

it("downloads a key file again, or tells why not", async () => {
  withKeys(makeKey({ downloadedAt: null }));
  const save = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  save.mockClear();
  const { user } = await renderApp("/encryption-keys");
  expect(await screen.findByText("This key is only on this machine")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Download the key file" }));
  await waitFor(() => expect(save).toHaveBeenCalledOnce());
  server.use(http.post("*/api/encryption-keys/:id/download", () => new HttpResponse(null, { status: 502 })));
  await user.click(screen.getByRole("button", { name: "Download the key file" }));
  expect(await screen.findByText(/The server answered 502/)).toBeInTheDocument();
});

it("offers to try again when the keys can't be had", async () => {
  server.use(http.get("*/api/encryption-keys", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  const { user } = await renderApp("/encryption-keys");
  const again = await screen.findByRole("button", { name: "Try again" });
  withKeys(makeKey());
  await user.click(again);
  expect(await screen.findByRole("article", { name: "Backups 2026" })).toBeInTheDocument();
});

it("encrypts a backup when there is a key, unless told not to", async () => {
  withKeys(makeKey(), RECOVERY);
  const backups = record("post", "*/api/backups", () => ok(makeBackupDetail()));
  const { user } = await renderApp("/databases/db-1");
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  const choice = await screen.findByRole("radiogroup", { name: "Encryption" });
  expect(within(choice).getByRole("radio", { name: "age" })).toBeChecked();
  expect(screen.getByText("Opens only with the private key of Backups 2026.")).toBeInTheDocument();
  await user.click(within(choice).getByRole("radio", { name: "none" }));
  expect(screen.getByText("Whoever gets the file can read it.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Start the backup" }));
  await waitFor(() => expect(backups[0]?.body).toMatchObject({ encryption: "none" }));
});

it("offers OpenPGP beside age when there is such a key", async () => {
  const gpg = makeKey({
    id: "key-4",
    name: "PGP",
    kind: "openpgp",
    recipient: "ABCDEF",
    publicKey: "-----BEGIN",
  });
  withKeys(gpg, makeKey());
  const backups = record("post", "*/api/backups", () => ok(makeBackupDetail()));
  const { user } = await renderApp("/databases/db-1");
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  const choice = await screen.findByRole("radiogroup", { name: "Encryption" });
  expect(within(choice).getAllByRole("radio")).toHaveLength(3);
  expect(within(choice).getByRole("radio", { name: "age" })).toBeChecked();
  await user.click(within(choice).getByRole("radio", { name: "OpenPGP" }));
  expect(screen.getByText("Opens only with the private key of PGP.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Start the backup" }));
  await waitFor(() => expect(backups[0]?.body).toMatchObject({ encryption: "openpgp" }));
});

it("makes a key of OpenPGP and shows its public part to copy", async () => {
  const made = record("post", "*/api/encryption-keys", () =>
    ok(makeKey({ kind: "openpgp", downloadedAt: null })),
  );
  withKeys(makeKey({ kind: "openpgp", recipient: "ABCDEF", publicKey: "-----BEGIN" }));
  const { user } = await renderApp("/encryption-keys");
  const card = await screen.findByRole("article", { name: "Backups 2026" });
  expect(card).toHaveTextContent("OpenPGP");
  expect(within(card).getByRole("button", { name: /Copy the public key/ })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Generate a key" }));
  await user.click(await screen.findByRole("radio", { name: /OpenPGP/ }));
  await user.type(screen.getByLabelText("Name"), "PGP");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await waitFor(() => expect(made[0]?.body).toMatchObject({ name: "PGP", kind: "openpgp" }));
});

it("tells in the form that there is no key", async () => {
  const { user } = await renderApp("/databases/db-1");
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  expect(await screen.findByRole("link", { name: "Make a key" })).toHaveAttribute("href", "/encryption-keys");
  expect(screen.queryByRole("radiogroup", { name: "Encryption" })).not.toBeInTheDocument();
});

it("names the keys that open a backup", async () => {
  withKeys(makeKey());
  server.use(
    http.get("*/api/backups/:id", () =>
      ok(makeBackupDetail({ encryption: "age", recipients: [makeKey().recipient, "age1unknown"] })),
    ),
  );
  await renderApp("/backups/backup-1");
  expect(await screen.findByText("Backups 2026")).toBeInTheDocument();
  expect(screen.getByText("age1unknown")).toBeInTheDocument();
});
