import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { toast } from "@/lib/toast";
import AppToaster from "./app-toaster";

it("shows what was said before it was there", async () => {
  toast.success("Saved while the page was loading");
  // The library has it by then; what draws it comes later.
  await import("sonner");
  await new Promise((resolve) => setTimeout(resolve));
  render(<AppToaster theme="light" />);
  expect(await screen.findByText("Saved while the page was loading")).toBeInTheDocument();
});
