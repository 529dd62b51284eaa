import type { Stage } from "./stages";

/** Tells a screen reader what a run does now: its stages and troubles, not each line, and not its end, which the page tells. */
export function LogNews({ stages, ended }: { stages: Stage[]; ended: boolean }) {
  const last = stages.at(-1);
  const errors = stages.reduce((sum, stage) => sum + stage.errors, 0);
  const warnings = stages.reduce((sum, stage) => sum + stage.warnings, 0);
  const said = [
    last ? `Now: ${last.name}` : "",
    errors > 0 ? `${errors} ${errors === 1 ? "error" : "errors"}` : "",
    warnings > 0 ? `${warnings} ${warnings === 1 ? "warning" : "warnings"}` : "",
  ].filter(Boolean);
  return (
    <p role="status" className="sr-only">
      {ended ? null : said.join(", ")}
    </p>
  );
}
