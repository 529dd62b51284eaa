import { formatAbsolute, formatRelative } from "@/lib/format";
import { useNow } from "@/lib/use-now";

interface TimeProps {
  value: string | null | undefined;
  /** What to say where there is no time. */
  none?: string;
  className?: string;
}

/** "2 hours ago", with the exact time in the user's zone on hover. */
export function Time({ value, none = "never", className }: TimeProps) {
  const now = useNow();
  if (!value) return <span className={className}>{none}</span>;
  return (
    <time dateTime={value} title={formatAbsolute(value)} className={className}>
      {formatRelative(value, now)}
    </time>
  );
}
