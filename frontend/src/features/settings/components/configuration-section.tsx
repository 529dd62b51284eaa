import { Download, Upload } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Section } from "@/components/ui/section";
import { ExportForm } from "./export-form";
import { ImportForm } from "./import-form";

/** The whole configuration as a file: to keep in a safe place, or to bring to another instance. */
export function ConfigurationSection() {
  const [open, setOpen] = useState<"export" | "import">();
  const close = () => setOpen(undefined);
  return (
    <Section
      title="Export and import"
      className="mt-8"
      aside={
        <span className="flex gap-2">
          <Button size="sm" onClick={() => setOpen("export")}>
            <Download aria-hidden />
            Export
          </Button>
          <Button size="sm" onClick={() => setOpen("import")}>
            <Upload aria-hidden />
            Import
          </Button>
        </span>
      }
    >
      <p className="max-w-prose text-ink-soft">
        Databases, storage, schedules, retention, notifications, encryption keys and these settings as one
        file. Passwords and keys in it are sealed with a passphrase. Users, the audit log and the backups
        themselves are not in it.
      </p>
      <Dialog open={open === "export"} onOpenChange={close} title="Export the configuration">
        <ExportForm onDone={close} />
      </Dialog>
      <Dialog
        wide
        open={open === "import"}
        onOpenChange={close}
        title="Import a configuration"
        description="Adds and changes what the file says; nothing is deleted."
      >
        <ImportForm onDone={close} />
      </Dialog>
    </Section>
  );
}
