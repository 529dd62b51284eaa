import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderApp } from "@/test/render-app";

it("asks before a changed form is left, and not when nothing was changed", async () => {
  const { user, router } = await renderApp("/retention-policies/new");
  const name = await screen.findByLabelText("Name");
  await user.type(name, "Mine");
  await user.click(screen.getByRole("link", { name: "Cancel" }));
  let dialog = await screen.findByRole("alertdialog", { name: "Leave without saving?" });
  await user.click(within(dialog).getByRole("button", { name: "Stay here" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
  expect(name).toHaveValue("Mine");
  expect(router.state.location.pathname).toBe("/retention-policies/new");

  await user.click(screen.getByRole("link", { name: "Cancel" }));
  dialog = await screen.findByRole("alertdialog");
  await user.click(within(dialog).getByRole("button", { name: "Leave" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/retention-policies"));
  await user.click(await screen.findByRole("link", { name: "Add a policy" }));
  await screen.findByLabelText("Name");
  await user.click(screen.getByRole("link", { name: "Cancel" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/retention-policies"));
});
