import type { RowData } from "@tanstack/react-table";
import { Columns3, RotateCcw } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuCheck } from "@/components/ui/menu-check";
import { MenuSeparator } from "@/components/ui/menu-separator";
import type { useColumnChoice } from "./column-choice";
import { columnId, columnName, type DataColumn } from "./features";

interface ColumnsMenuProps<Row extends RowData> {
  columns: DataColumn<Row>[];
  choice: ReturnType<typeof useColumnChoice<Row>>;
}

/** Chooses what a table shows. The first column names the row and stays. */
export default function ColumnsMenu<Row extends RowData>({ columns, choice }: ColumnsMenuProps<Row>) {
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label="Choose the columns" title="Choose the columns">
          <Columns3 aria-hidden />
        </Button>
      }
    >
      {columns.slice(1).map((column) =>
        columnName(column) ? (
          <MenuCheck
            key={columnId(column)}
            checked={choice.isShown(column)}
            onChange={() => choice.toggle(column)}
          >
            {columnName(column)}
          </MenuCheck>
        ) : null,
      )}
      <MenuSeparator />
      <MenuItem icon={<RotateCcw aria-hidden />} disabled={!choice.isChanged} onSelect={choice.reset}>
        As it was
      </MenuItem>
    </Menu>
  );
}
