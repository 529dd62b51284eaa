import { createColumnHelper } from "@tanstack/react-table";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { setWideScreen } from "@/test/setup";
// Loaded when wanted in the page; here beforehand, so that no test waits for it.
import "./columns-menu";
import "./virtual-rows";
import { DataTable } from "./data-table";
import type { DataTableFeatures } from "./features";
import { FilterBar } from "./filter-bar";
import { Pagination } from "./pagination";
import { sortRows } from "./sort";

interface Fruit {
  id: string;
  name: string;
  weight: number | null;
}

const helper = createColumnHelper<DataTableFeatures, Fruit>();
const columns = helper.columns([
  helper.accessor("name", { header: "Name", cell: ({ getValue }) => <a href="#x">{getValue()}</a> }),
  helper.accessor("weight", { header: "Weight", meta: { align: "right" } }),
  helper.display({ id: "origin", header: "Origin", meta: { extra: true }, cell: () => "Italy" }),
  helper.display({ id: "actions", header: () => "Actions", cell: () => <button type="button">More</button> }),
]);
const fruits = (count: number): Fruit[] =>
  Array.from({ length: count }, (_, n) => ({ id: `f${n}`, name: `fruit ${n}`, weight: n }));

function show(rows: Fruit[], onSort = vi.fn()) {
  render(
    <DataTable
      name="fruits"
      caption="Fruits"
      columns={columns}
      rows={rows}
      rowId={({ id }) => id}
      renderCard={({ name }) => name}
      sort="-name"
      onSort={onSort}
    />,
  );
  return { user: userEvent.setup(), onSort };
}

it("keeps which columns one wants to see", async () => {
  const { user } = show(fruits(2));
  expect(screen.queryByRole("columnheader", { name: "Origin" })).not.toBeInTheDocument();
  await user.click(await screen.findByRole("button", { name: "Choose the columns" }));
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "Origin" }));
  await user.click(screen.getByRole("menuitemcheckbox", { name: "Weight" }));
  expect(screen.queryByRole("menuitemcheckbox", { name: "Name" })).not.toBeInTheDocument();
  expect(screen.getByText("Origin", { selector: "th" })).toBeInTheDocument();
  expect(screen.queryByText("Weight", { selector: "th" })).not.toBeInTheDocument();
  expect(JSON.parse(localStorage.getItem("columns.fruits") ?? "")).toEqual({ origin: true, weight: false });
  await user.click(screen.getByRole("menuitem", { name: "As it was" }));
  expect(localStorage.getItem("columns.fruits")).toBeNull();
});

it("goes from row to row with the arrow keys", async () => {
  const { user } = show(fruits(3));
  const links = screen.getAllByRole("link");
  links[0]?.focus();
  await user.keyboard("{ArrowDown}");
  expect(links[1]).toHaveFocus();
  await user.keyboard("{End}");
  expect(links[2]).toHaveFocus();
  await user.keyboard("{ArrowDown}");
  expect(links[2]).toHaveFocus();
  await user.keyboard("{Home}{ArrowUp}");
  expect(links[0]).toHaveFocus();
  // A button's keys are its own.
  await user.tab();
  await user.keyboard("{ArrowDown}");
  expect(screen.getAllByRole("button", { name: "More" })[0]).toHaveFocus();
});

it("holds only the rows near the screen of a long table, and says how many there are", async () => {
  show(fruits(200));
  expect(screen.getByRole("table")).toHaveAttribute("aria-rowcount", "201");
  await waitFor(() => expect(screen.getAllByRole("row")[1]).toHaveAttribute("aria-rowindex", "2"));
  expect(screen.queryByText("fruit 199")).not.toBeInTheDocument();
  expect(screen.getAllByRole("row").length).toBeLessThan(120);
});

it("sorts by its heads, on the phone by a choice above the cards", async () => {
  const { user, onSort } = show(fruits(2));
  await user.click(screen.getByRole("button", { name: "Weight" }));
  expect(onSort).toHaveBeenCalledTimes(1);
  setWideScreen(false);
  const phone = show(fruits(2));
  expect(
    within(screen.getAllByRole("list", { name: "Fruits" })[0] as HTMLElement).getAllByRole("listitem"),
  ).toHaveLength(2);
  await phone.user.selectOptions(screen.getByLabelText("Sort by"), "weight");
  expect(phone.onSort).toHaveBeenLastCalledWith("-weight");
  await phone.user.click(screen.getByRole("button", { name: "Descending; sort ascending" }));
  expect(phone.onSort).toHaveBeenLastCalledWith("name");
});

it("folds the filters on the phone unless some are set", async () => {
  setWideScreen(false);
  const clear = vi.fn();
  const bar = (active: number) => (
    <FilterBar label="Filter fruits" active={active} onClear={clear}>
      <input aria-label="Kind" />
    </FilterBar>
  );
  const { rerender } = render(bar(0));
  const user = userEvent.setup();
  const toggle = screen.getByRole("button", { name: "Filters" });
  expect(toggle).toHaveAttribute("aria-expanded", "false");
  await user.click(toggle);
  expect(toggle).toHaveAttribute("aria-expanded", "true");
  rerender(bar(2));
  expect(screen.getByRole("button", { name: "Filters (2)" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Clear" }));
  expect(clear).toHaveBeenCalled();
});

it("pages, to both ends, with as many rows as one likes", async () => {
  const calls = { onPage: vi.fn(), onLimit: vi.fn(), onIntent: vi.fn() };
  render(<Pagination page={3} limit={50} total={100_000} {...calls} />);
  const user = userEvent.setup();
  expect(screen.getByText("101–150 of 100,000")).toBeInTheDocument();
  for (const [name, page] of [
    ["First page", 1],
    ["Previous", 2],
    ["Next", 4],
    ["Last page", 2000],
  ] as const) {
    await user.click(screen.getByRole("button", { name }));
    expect(calls.onPage).toHaveBeenLastCalledWith(page);
    expect(calls.onIntent).toHaveBeenLastCalledWith(page);
  }
  await user.selectOptions(screen.getByLabelText("Rows on a page"), "200");
  expect(calls.onLimit).toHaveBeenCalledWith(200);
});

it("sorts lists that come whole, what has no value last", () => {
  const rows = [
    { id: "a", name: "b10", weight: null },
    { id: "b", name: "B2", weight: 2 },
    { id: "c", name: "a", weight: 1 },
  ];
  const by = (sort: string) =>
    sortRows(rows, sort, { name: ({ name }) => name, weight: ({ weight }) => weight }).map(({ id }) => id);
  expect(by("name")).toEqual(["c", "b", "a"]);
  expect(by("-name")).toEqual(["a", "b", "c"]);
  expect(by("weight")).toEqual(["c", "b", "a"]);
  expect(by("-weight")).toEqual(["b", "c", "a"]);
  expect(by("odd")).toEqual(["a", "b", "c"]);
});
