import { Tag } from "lucide-react";
import { Badge } from "@/components/ui/badge";

/** Says that labels of a container own something: what is changed here, they change back. */
export function ManagedBadge({ managedBy }: { managedBy: string | null }) {
  if (managedBy !== "labels") return null;
  return (
    <Badge icon={Tag} title="The labels of its container keep it in step: change it there">
      From labels
    </Badge>
  );
}
