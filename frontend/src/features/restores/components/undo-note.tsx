import type { RestoreView } from "@/client";

const NOTES: Record<string, string> = {
  available: "Can be undone",
  undone: "Undone",
  releasing: "Letting go what was kept",
};

/** In lists: what became of the way back. */
export function UndoNote({ restore }: { restore: RestoreView }) {
  const note = restore.undoOfId ? "Takes a restore back" : NOTES[restore.undoState ?? ""];
  return note ? <span className="block text-sm text-ink-faint">{note}</span> : null;
}
