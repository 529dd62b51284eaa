/** The browser's own download follows this: it can resume, and nothing passes through the page's memory. */
export function downloadUrl(backupId: string): string {
  return `/api/backups/${encodeURIComponent(backupId)}/download`;
}
