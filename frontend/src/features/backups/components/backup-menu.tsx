import { Link } from "@tanstack/react-router";
import {
  CloudUpload,
  Download,
  Ellipsis,
  FileText,
  Pin,
  PinOff,
  RotateCcw,
  ShieldCheck,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import type { BackupView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { isActive } from "@/components/run/run-state";
import { Button } from "@/components/ui/button";
import { LazyMenu } from "@/components/ui/lazy-menu";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuSeparator } from "@/components/ui/menu-separator";
import { describeError } from "@/lib/api-error";
import { formatDateTime } from "@/lib/format";
import { toast } from "@/lib/toast";
import { usePinBackup } from "../api";
import { DeleteBackup } from "./delete-backup";
import { downloadUrl } from "./download-url";
import { UploadDialog } from "./upload-dialog";
import { VerifyDialog } from "./verify-dialog";

/** What can be done with a backup in a list. */
export function BackupMenu({ backup }: { backup: BackupView }) {
  return (
    <LazyMenu label={menuLabel(backup)}>
      <OpenMenu backup={backup} />
    </LazyMenu>
  );
}

const menuLabel = (backup: BackupView) =>
  `More for ${backup.databaseName}, ${formatDateTime(backup.createdAt)}`;

function OpenMenu({ backup }: { backup: BackupView }) {
  const [open, setOpen] = useState<"delete" | "verify" | "upload" | null>(null);
  const setDeleting = (on: boolean) => setOpen(on ? "delete" : null);
  const pin = usePinBackup(backup.id);
  const whole = backup.status === "completed";
  const togglePin = () =>
    pin.mutate(!backup.pinned, {
      onError: (error) => toast.error("The pin could not be changed", { description: describeError(error) }),
    });

  return (
    <>
      <Menu
        defaultOpen
        trigger={
          <Button variant="ghost" size="icon" aria-label={menuLabel(backup)}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        <MenuItem
          icon={<FileText aria-hidden />}
          render={<Link to="/backups/$id" params={{ id: backup.id }} />}
        >
          Details and log
        </MenuItem>
        <Allowed to="restore.execute">
          <MenuItem
            icon={<RotateCcw aria-hidden />}
            disabled={!whole}
            render={whole ? <Link to="/restore/new" search={{ backup: backup.id }} /> : undefined}
          >
            Restore
          </MenuItem>
        </Allowed>
        <Allowed to="backup.download">
          <MenuItem
            icon={<Download aria-hidden />}
            disabled={!whole}
            // biome-ignore lint/a11y/useAnchorContent: the menu item's children become the link's
            render={whole ? <a href={downloadUrl(backup.id)} download /> : undefined}
          >
            Download
          </MenuItem>
        </Allowed>
        <Allowed to="backup.execute">
          <MenuItem icon={<ShieldCheck aria-hidden />} disabled={!whole} onSelect={() => setOpen("verify")}>
            Verify…
          </MenuItem>
          <MenuItem icon={<CloudUpload aria-hidden />} disabled={!whole} onSelect={() => setOpen("upload")}>
            Upload to S3…
          </MenuItem>
          <MenuItem
            icon={backup.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
            disabled={pin.isPending}
            onSelect={togglePin}
          >
            {backup.pinned ? "Unpin" : "Pin against retention"}
          </MenuItem>
        </Allowed>
        <Allowed to="backup.delete">
          <MenuSeparator />
          <MenuItem
            icon={<Trash2 aria-hidden />}
            danger
            disabled={isActive(backup.status)}
            onSelect={() => setDeleting(true)}
          >
            Delete…
          </MenuItem>
        </Allowed>
      </Menu>
      <DeleteBackup backup={backup} open={open === "delete"} onOpenChange={setDeleting} />
      {open === "verify" ? (
        <VerifyDialog backup={backup} open onOpenChange={() => setOpen(null)} />
      ) : open === "upload" ? (
        <UploadDialog backup={backup} onClose={() => setOpen(null)} />
      ) : null}
    </>
  );
}
