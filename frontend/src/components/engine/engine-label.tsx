import { engineName } from "@/lib/engine";
import { EngineMark } from "./engine-mark";

interface EngineLabelProps {
  type: string;
  version?: string | null;
}

export function EngineLabel({ type, version }: EngineLabelProps) {
  return (
    <span className="inline-flex items-center gap-1.5 align-middle">
      <EngineMark type={type} />
      {engineName(type, version)}
    </span>
  );
}
