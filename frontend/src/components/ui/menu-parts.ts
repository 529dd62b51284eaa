import type { Menu } from "@base-ui/react/menu";
import { createContext } from "react";

/** What items are made of, given by the menu they are in: so that they need not load it. */
export const MenuParts = createContext<Pick<typeof Menu, "Item"> | null>(null);
