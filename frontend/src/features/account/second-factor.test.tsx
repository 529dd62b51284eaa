import { screen, within } from "@testing-library/react";
import { http } from "msw";
import { beforeEach, expect, it } from "vitest";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";

const PATH = "*/api/auth/second-factor";

beforeEach(() => server.use(http.get("*/api/auth/sessions", () => ok([]))));

async function section() {
  const { user } = await renderApp("/account");
  return { user, panel: within(await screen.findByRole("region", { name: "Second factor" })) };
}

it("is set up with the password, the QR code and a code, and shows the recovery codes", async () => {
  const details = [{ field: "password", message: "This is not your password." }];
  record("post", `${PATH}/enrol`, () => refuse(400, "VALIDATION_ERROR", "No.", details));
  const { user, panel } = await section();
  await user.type(await panel.findByLabelText("Your password"), "correct horse");
  await user.click(panel.getByRole("button", { name: "Set up a second factor" }));
  expect(await panel.findByText("This is not your password.")).toBeInTheDocument();
  const made = { secret: "JBSWY3DP", uri: "otpauth://totp/x", qrRows: ["10", "01"] };
  const enrolled = record("post", `${PATH}/enrol`, () => ok(made));
  await user.click(panel.getByRole("button", { name: "Set up a second factor" }));
  expect(await panel.findByRole("img", { name: "QR code for the authenticator app" })).toBeInTheDocument();
  expect(panel.getByText("JBSWY3DP")).toBeInTheDocument();
  expect(enrolled[0]?.body).toEqual({ password: "correct horse" });
  record("post", `${PATH}/confirm`, () => refuse(429, "RATE_LIMITED", "Wait 30 seconds."));
  await user.type(panel.getByLabelText("Code"), "123456");
  await user.click(panel.getByRole("button", { name: "Turn it on" }));
  expect(await panel.findByText("Wait 30 seconds.")).toBeInTheDocument();
  const sent = record("post", `${PATH}/confirm`, () => ok({ codes: ["aaaa-bbbb", "cccc-dddd"] }));
  await user.click(panel.getByRole("button", { name: "Turn it on" }));
  const codes = await panel.findByRole("list", { name: "Recovery codes" });
  expect(within(codes).getAllByRole("listitem")).toHaveLength(2);
  expect(sent[0]?.body).toEqual({ code: "123456" });
  server.use(http.get(PATH, () => ok({ enabled: true, recoveryCodesLeft: 2 })));
  await user.click(panel.getByRole("button", { name: "I have kept them" }));
  expect(await panel.findByText(/2 recovery codes are left/)).toBeInTheDocument();
});

it("is turned off with the password and a code", async () => {
  server.use(http.get(PATH, () => ok({ enabled: true, recoveryCodesLeft: 1 })));
  record("post", `${PATH}/turn-off`, () => refuse(429, "RATE_LIMITED", "Wait 30 seconds."));
  const { user, panel } = await section();
  expect(await panel.findByText(/1 recovery code is left/)).toBeInTheDocument();
  await user.type(panel.getByLabelText("Your password"), "correct horse");
  await user.type(panel.getByLabelText("Code"), "123456");
  await user.click(panel.getByRole("button", { name: "Turn it off" }));
  expect(await panel.findByText("Wait 30 seconds.")).toBeInTheDocument();
  const sent = record("post", `${PATH}/turn-off`, () => ok({ enabled: false, recoveryCodesLeft: 0 }));
  await user.click(panel.getByRole("button", { name: "Turn it off" }));
  expect(await panel.findByRole("button", { name: "Set up a second factor" })).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ password: "correct horse", code: "123456" });
});

it("says when its state cannot be loaded", async () => {
  server.use(http.get(PATH, () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  const { panel } = await section();
  expect(await panel.findByText("The second factor could not be loaded")).toBeInTheDocument();
});
