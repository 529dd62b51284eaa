import { Archive } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { DatabaseView } from "@/client";
import { Button } from "@/components/ui/button";
import { useMay } from "@/lib/access";
import { loadAgain } from "@/lib/load-again";

// The dialog brings the form libraries and zod: only who opens it loads them.
const BackupDialog = lazy(() => loadAgain(() => import("./backup-dialog")));

interface BackUpNowProps {
  database: DatabaseView;
  size?: "sm" | "md";
  label?: string;
}

export function BackUpNow({ database, size = "md", label = "Back up now" }: BackUpNowProps) {
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  if (!useMay("backup.execute")) return null;
  return (
    <>
      <Button
        size={size}
        variant={size === "md" ? "primary" : "secondary"}
        disabled={!database.enabled}
        title={database.enabled ? undefined : "The database is disabled: enable it on its edit page"}
        onClick={() => {
          setAsked(true);
          setOpen(true);
        }}
      >
        <Archive aria-hidden />
        {label}
      </Button>
      {asked ? (
        <Suspense>
          <BackupDialog database={database} open={open} onOpenChange={setOpen} />
        </Suspense>
      ) : null}
    </>
  );
}
