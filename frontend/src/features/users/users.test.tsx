import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeMe, makeUser } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const BOB = makeUser({ id: "user-2", username: "bob", displayName: "", role: "viewer", disabled: true });

function withUsers(...users: ReturnType<typeof makeUser>[]) {
  server.use(http.get("*/api/users", () => ok(users)));
}

it("lists the users with role and state", async () => {
  withUsers(makeUser(), BOB);
  await renderApp("/users");
  const alice = await screen.findByRole("row", { name: /alice/ });
  expect(alice).toHaveTextContent("Administrator");
  expect(alice).toHaveTextContent("You");
  expect(screen.getByRole("row", { name: /bob/ })).toHaveTextContent("Disabled");
});

it("adds a user, and says beside the field what is wrong", async () => {
  withUsers();
  record("post", "*/api/users", () =>
    refuse(409, "CONFLICT", "No.", [{ field: "username", message: "This name is taken." }]),
  );
  const { user } = await renderApp("/users");
  await user.click(await screen.findByRole("button", { name: "Add a user" }));
  await user.type(await screen.findByLabelText("Username"), "carol");
  await user.type(screen.getByLabelText("Password"), "a long password");
  await user.click(screen.getByRole("radio", { name: "Viewer" }));
  await user.click(screen.getByRole("button", { name: "Add the user" }));
  expect(await screen.findByText("This name is taken.")).toBeInTheDocument();
  const sent = record("post", "*/api/users", () => ok(makeUser()));
  await user.click(screen.getByRole("button", { name: "Add the user" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(sent[0]?.body).toEqual({
    username: "carol",
    displayName: "",
    password: "a long password",
    role: "viewer",
  });
});

it("turns off the second factor of who lost it, and offers that for nobody else", async () => {
  withUsers(makeUser(), { ...BOB, secondFactor: true });
  const sent = record("delete", "*/api/users/user-2/second-factor", () => ok(BOB));
  const { user } = await renderApp("/users");
  await user.click(await screen.findByRole("button", { name: "More for alice" }));
  expect(screen.queryByRole("menuitem", { name: "Turn off the second factor" })).not.toBeInTheDocument();
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "More for bob" }));
  await user.click(await screen.findByRole("menuitem", { name: "Turn off the second factor" }));
  await waitFor(() => expect(sent).toHaveLength(1));
});

it("edits, enables and deletes a user", async () => {
  withUsers(makeUser(), BOB);
  const sent = record("put", "*/api/users/user-2", () => ok(BOB));
  const { user } = await renderApp("/users");
  const choose = async (item: string) => {
    await user.click(await screen.findByRole("button", { name: "More for bob" }));
    await user.click(await screen.findByRole("menuitem", { name: item }));
  };
  await choose("Enable");
  await waitFor(() => expect(sent[0]?.body).toEqual({ disabled: false }));
  await choose("Edit, or set a password");
  await user.type(await screen.findByLabelText(/^New password/), "a long password");
  expect(screen.getByText("All their sessions will end.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Operator" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]?.body).toEqual({ displayName: "", role: "operator", password: "a long password" });
  const gone = record("delete", "*/api/users/user-2", () => ok({ id: "user-2" }));
  await choose("Delete…");
  const dialog = await screen.findByRole("alertdialog", { name: "Delete bob?" });
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(gone).toHaveLength(1));
});

it("says why the last administrator stays", async () => {
  withUsers(makeUser());
  record("delete", "*/api/users/user-1", () => refuse(409, "CONFLICT", "alice is the only administrator."));
  const { user } = await renderApp("/users");
  await user.click(await screen.findByRole("button", { name: "More for alice" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("alice is the only administrator.")).toBeInTheDocument();
});

it("says what to do where there is no sign-in yet", async () => {
  withUsers();
  server.use(http.get("*/api/auth/me", () => ok(makeMe({ authMode: "none", userId: null }))));
  await renderApp("/users");
  expect(await screen.findByText(/start it with AUTH_MODE=local/)).toBeInTheDocument();
});
