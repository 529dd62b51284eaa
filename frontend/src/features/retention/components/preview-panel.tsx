import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RetentionRules } from "@/client";
import { Section } from "@/components/ui/section";
import { Segmented } from "@/components/ui/segmented";
import { databasesQuery } from "@/lib/queries";
import { AheadPanel } from "./ahead-panel";
import { NowPanel } from "./now-panel";

interface PreviewPanelProps {
  /** Null while the form's numbers make no sense: what was shown last stays. */
  rules: RetentionRules | null;
  policyId: string | null;
}

export function PreviewPanel({ rules, policyId }: PreviewPanelProps) {
  const [view, setView] = useState<"now" | "ahead">("now");
  const [wanted, setWanted] = useState("");
  const databases = useQuery(databasesQuery()).data?.items;
  // One with something to show, unless another is asked for.
  const database =
    databases?.find((one) => one.id === wanted) ??
    databases?.find((one) => one.lastGoodBackupAt) ??
    databases?.[0];
  return (
    <Section
      title="Preview"
      className="lg:sticky lg:top-6"
      aside={
        <Segmented
          label="What to look at"
          value={view}
          onChange={setView}
          options={[
            { value: "now", label: "Backups now" },
            { value: "ahead", label: "Twelve months ahead" },
          ]}
        />
      }
    >
      {rules === null ? (
        <p className="mb-3 text-sm text-bad">Correct the numbers in the form to see what they do.</p>
      ) : null}
      {view === "now" ? (
        <NowPanel
          databases={databases}
          databaseId={database?.id ?? ""}
          onDatabase={setWanted}
          rules={rules}
          policyId={policyId}
        />
      ) : (
        <AheadPanel rules={rules} size={database?.lastBackup?.size ?? 0} />
      )}
    </Section>
  );
}
