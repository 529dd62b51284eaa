import { screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { renderApp } from "@/test/render-app";
import { record, refuse } from "@/test/server";

const panel = async () => within(await screen.findByRole("region", { name: "Recovery kit" }));

it("shows the signing key and downloads the kit only after a question", async () => {
  const save = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  URL.createObjectURL = vi.fn(() => "blob:kit");
  URL.revokeObjectURL = vi.fn();
  const { user } = await renderApp("/encryption-keys");
  expect(await (await panel()).findByText("0451e76d")).toBeInTheDocument();
  await user.click((await panel()).getByRole("button", { name: "Download the kit" }));
  const question = within(await screen.findByRole("alertdialog", { name: "Download the recovery kit?" }));
  expect(question.getByText(/private keys of all encrypted backups/)).toBeInTheDocument();
  expect(save).not.toHaveBeenCalled();
  await user.click(question.getByRole("button", { name: "Download" }));
  await waitFor(() => expect(save).toHaveBeenCalledOnce());
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
});

it("tells why there is no kit", async () => {
  const calls = record("post", "*/api/recovery/kit", () =>
    refuse(403, "FORBIDDEN", "Your role may not do this."),
  );
  const { user } = await renderApp("/encryption-keys");
  await user.click((await panel()).getByRole("button", { name: "Download the kit" }));
  await user.click(await screen.findByRole("button", { name: "Download" }));
  expect(await screen.findByText("Your role may not do this.")).toBeInTheDocument();
  expect(calls[0]?.body).toEqual({ confirm: true });
});
