const KEY = "sidebar";

/** Whether the user narrowed the sidebar in this browser. */
export function readNarrow(): boolean {
  try {
    return localStorage.getItem(KEY) === "narrow";
  } catch {
    return false;
  }
}

export function writeNarrow(narrow: boolean) {
  try {
    localStorage.setItem(KEY, narrow ? "narrow" : "wide");
  } catch {
    // Storage is blocked: the choice lasts until the page is left.
  }
}
