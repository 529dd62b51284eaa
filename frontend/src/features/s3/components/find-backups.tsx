import { SearchCheck } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { FindBackupsPanel } from "./find-backups-panel";

interface FindBackupsProps {
  /** Null: the local disk. */
  configId: string | null;
  name: string;
}

/** For a catalogue that was lost, or a bucket that another instance filled. */
export function FindBackups({ configId, name }: FindBackupsProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        <SearchCheck aria-hidden />
        Find backups
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`Backups in ${name}`}
        description="Looks for backups that this page does not list, by the manifests beside them."
      >
        <FindBackupsPanel configId={configId} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
