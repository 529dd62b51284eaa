import { Segmented } from "@/components/ui/segmented";

export type Compression = "gzip" | "zstd" | "none";

const HINTS: Record<Compression, string> = {
  gzip: "Opens everywhere.",
  zstd: "Smaller; needs zstd to open by hand.",
  none: "The dump as it is.",
};

interface CompressionChoiceProps {
  value: Compression;
  onChange: (value: Compression) => void;
}

export function CompressionChoice({ value, onChange }: CompressionChoiceProps) {
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-sm font-semibold">Compression</p>
      <Segmented
        label="Compression"
        value={value}
        onChange={onChange}
        options={[
          { value: "gzip", label: "gzip" },
          { value: "zstd", label: "zstd" },
          { value: "none", label: "none" },
        ]}
      />
      <p className="text-sm text-ink-faint">{HINTS[value]}</p>
    </div>
  );
}
