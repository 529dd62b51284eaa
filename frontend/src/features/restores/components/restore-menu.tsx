import { Link } from "@tanstack/react-router";
import { Archive, Database, Ellipsis, FileText, RotateCcw } from "lucide-react";
import type { RestoreView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Button } from "@/components/ui/button";
import { LazyMenu } from "@/components/ui/lazy-menu";
import { Menu, MenuItem } from "@/components/ui/menu";
import { formatDateTime } from "@/lib/format";

/** Where one may want to go from a restore in the list. */
export function RestoreMenu({ restore }: { restore: RestoreView }) {
  return (
    <LazyMenu label={menuLabel(restore)}>
      <OpenMenu restore={restore} />
    </LazyMenu>
  );
}

const menuLabel = (restore: RestoreView) =>
  `More for ${restore.targetDatabase}, ${formatDateTime(restore.createdAt)}`;

function OpenMenu({ restore }: { restore: RestoreView }) {
  const { backupId, databaseId } = restore;
  return (
    <Menu
      defaultOpen
      trigger={
        <Button variant="ghost" size="icon" aria-label={menuLabel(restore)}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <MenuItem
        icon={<FileText aria-hidden />}
        render={<Link to="/restores/$id" params={{ id: restore.id }} />}
      >
        Details and log
      </MenuItem>
      {backupId ? (
        <>
          <MenuItem
            icon={<Archive aria-hidden />}
            render={<Link to="/backups/$id" params={{ id: backupId }} />}
          >
            The backup
          </MenuItem>
          <Allowed to="restore.execute">
            <MenuItem
              icon={<RotateCcw aria-hidden />}
              render={<Link to="/restore/new" search={{ backup: backupId }} />}
            >
              Restore it again
            </MenuItem>
          </Allowed>
        </>
      ) : null}
      {databaseId ? (
        <MenuItem
          icon={<Database aria-hidden />}
          render={<Link to="/databases/$id" params={{ id: databaseId }} />}
        >
          The database
        </MenuItem>
      ) : null}
    </Menu>
  );
}
