import { Fingerprint } from "lucide-react";
import { useState } from "react";
import type { BackupDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Section } from "@/components/ui/section";
import { formatBytes, formatCount } from "@/lib/format";

const FEW = 6;

/** The largest tables first. */
export function BackupTables({ tables }: { tables: BackupDetail["tables"] }) {
  const [all, setAll] = useState(false);
  const sorted = [...tables].sort((a, b) => b.size - a.size);
  const shown = all ? sorted : sorted.slice(0, FEW);
  return (
    <Section title="Tables" flush aside={<span className="caption">{formatCount(tables.length)}</span>}>
      <table className="w-full text-sm">
        <thead className="sr-only">
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Rows</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {shown.map((table) => (
            <tr key={`${table.schema}.${table.name}`}>
              <td className="px-4 py-1.5 font-mono break-all">
                <span className="text-ink-faint">{table.schema}.</span>
                {table.name}
              </td>
              <td className="px-2 py-1.5 text-right whitespace-nowrap text-ink-soft">
                <span className={table.rowsExact ? undefined : "text-ink-faint"}>
                  {table.rowsExact ? "" : "≈ "}
                  {formatCount(table.rows)} rows
                </span>
                {table.sample ? (
                  <Fingerprint
                    className="ml-1.5 inline size-3.5 text-ink-faint"
                    aria-label={table.sample.every === 1 ? "All rows hashed" : "A sample of the rows hashed"}
                  />
                ) : null}
              </td>
              <td className="w-24 px-4 py-1.5 text-right whitespace-nowrap">{formatBytes(table.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="border-t px-4 py-2 text-sm text-ink-faint">{describe(tables)}</p>
      {tables.length > FEW ? (
        <div className="border-t p-2">
          <Button variant="ghost" size="sm" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show the largest only" : `Show all ${formatCount(tables.length)}`}
          </Button>
        </div>
      ) : null}
    </Section>
  );
}

function describe(tables: BackupDetail["tables"]): string {
  const exact = tables.filter((table) => table.rowsExact).length;
  const sampled = tables.filter((table) => table.sample).length;
  const counted =
    exact === tables.length
      ? "All rows were counted exactly."
      : `Rows were counted exactly in ${exact} of ${tables.length} tables; ≈ is the server's estimate.`;
  return sampled > 0 ? `${counted} Hashes of rows of ${sampled} tables are in the manifest.` : counted;
}
