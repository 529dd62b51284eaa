/** The browser's own download follows this: it can resume, and nothing passes through the page's memory. */
export function downloadUrl(backupId: string, part?: string): string {
  const query = part ? `?part=${encodeURIComponent(part)}` : "";
  return `/api/backups/${encodeURIComponent(backupId)}/download${query}`;
}
