import { screen, waitFor } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeSetting } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const SHRED = makeSetting({
  key: "backup.secureDelete",
  description: "Overwrite files before they are deleted",
  kind: "boolean",
  value: false,
  default: false,
  minimum: null,
  maximum: null,
});
const LOCKED = makeSetting({
  key: "retention.mode",
  description: "How",
  kind: "string",
  value: "kept",
  default: "",
  source: "environment",
  locked: true,
  environment: "MODE",
  minimum: null,
  maximum: null,
  choices: ["kept", "gone"],
});

it("changes only what differs, and says when it is saved", async () => {
  server.use(http.get("*/api/system/settings", () => ok([makeSetting(), SHRED, LOCKED])));
  const saved = record("put", "*/api/system/settings", () => ok([makeSetting({ value: 5 }), SHRED, LOCKED]));
  const { user } = await renderApp("/settings");
  const most = await screen.findByLabelText("Runs at the same time");
  expect(screen.getByRole("region", { name: "Retention" })).toHaveTextContent(
    "Set by the environment (MODE)",
  );
  expect(screen.getByLabelText("Mode")).toBeDisabled();
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.clear(most);
  await user.type(most, "5");
  await user.click(screen.getByRole("checkbox", { name: "Secure delete" }));
  await user.click(screen.getByRole("checkbox", { name: "Secure delete" }));
  expect(screen.getByText("1 change not saved")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(saved[0]?.body).toEqual({ values: { "backup.maxConcurrent": 5 } }));
  expect(await screen.findByText("Settings saved")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
});

it("shows beside the field what the server refuses, and an empty field means the default", async () => {
  const text = "backup.maxConcurrent: Expected `int` <= 64.";
  const saved = record("put", "*/api/system/settings", () =>
    refuse(400, "VALIDATION_ERROR", text, [{ field: "backup.maxConcurrent", message: text }]),
  );
  const { user } = await renderApp("/settings");
  const most = await screen.findByLabelText("Runs at the same time");
  await user.clear(most);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(saved[0]?.body).toEqual({ values: { "backup.maxConcurrent": null } }));
  await user.type(most, "many");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(saved[1]?.body).toEqual({ values: { "backup.maxConcurrent": "many" } }));
  expect(most).toHaveAccessibleDescription(/<= 64/);
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect(most).toHaveValue("3");
});

it("offers to try again when the settings do not come", async () => {
  server.use(http.get("*/api/system/settings", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await renderApp("/settings");
  expect(await screen.findByText("The settings could not be loaded")).toBeInTheDocument();
});
