/** "createBackup" as people read it: "Create backup"; "getBackup": "View backup". */
export function actionWords(action: string): string {
  const words = action
    .replace(/^get(?=[A-Z])/, "view")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/\bS 3\b/g, "S3");
  return (
    words.charAt(0).toUpperCase() +
    words
      .slice(1)
      .toLowerCase()
      .replace(/\bs3\b/g, "S3")
      .replace(/\bapi\b/g, "API")
  );
}

/** What an event was done to, in a few words: the target's ids, or what it made. */
export function targetWords(target: Record<string, unknown>): string {
  return Object.values(target).map(String).join(", ");
}
