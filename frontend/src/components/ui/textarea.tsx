import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea rows={4} className={cn("control resize-y", className)} {...props} />;
}
