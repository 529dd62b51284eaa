import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input autoComplete="off" className={cn("control", className)} {...props} />;
}
