import { CircleCheck, CircleX, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { DatabaseView } from "@/client";
import { EngineLabel } from "@/components/engine/engine-label";
import { Button } from "@/components/ui/button";
import { useFocusWhen } from "../use-focus";
import { StepPanel } from "./step-panel";

export interface AddForm {
  /** Call it when the form has done its work. */
  onAdded: () => void;
  /** How to leave it without; nothing where there is no way. */
  cancel: ReactNode;
}

interface DatabasesStepProps {
  databases: DatabaseView[];
  /** Databases that were found nearby, to be added with a click; above the form. */
  discovered?: ReactNode;
  form: (props: AddForm) => ReactNode;
  onBack: () => void;
  onNext: () => void;
}

export function DatabasesStep({ databases, discovered, form, onBack, onNext }: DatabasesStepProps) {
  const [adding, setAdding] = useState(databases.length === 0);
  const close = () => setAdding(false);
  const place = useFocusWhen<HTMLDivElement>(adding);
  const next = useFocusWhen<HTMLButtonElement>(!adding);
  return (
    <StepPanel
      title="Add your databases"
      intro="Paste a connection string, or fill in the fields. Each connection is tested before it is saved."
      onBack={onBack}
      actions={
        <Button
          ref={next}
          variant={adding ? "secondary" : "primary"}
          disabled={databases.length === 0}
          onClick={onNext}
        >
          Continue
        </Button>
      }
    >
      {databases.length > 0 ? (
        <ul aria-label="Databases" className="panel divide-y">
          {databases.map((database) => (
            <DatabaseItem key={database.id} database={database} />
          ))}
        </ul>
      ) : null}
      {discovered}
      {adding ? (
        <div ref={place} tabIndex={-1} className="outline-none">
          {form({
            onAdded: close,
            cancel:
              databases.length > 0 ? (
                <Button variant="ghost" onClick={close}>
                  Cancel
                </Button>
              ) : (
                <span />
              ),
          })}
        </div>
      ) : (
        <Button onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Add another one
        </Button>
      )}
    </StepPanel>
  );
}

function DatabaseItem({ database }: { database: DatabaseView }) {
  const bad = database.reachable === false;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      {bad ? (
        <CircleX className="size-4 text-bad" aria-label="Not reachable:" />
      ) : (
        <CircleCheck className="size-4 text-ok" aria-label="Reachable:" />
      )}
      <span className="font-semibold break-words">{database.name}</span>
      <span className="text-sm text-ink-soft">
        <EngineLabel type={database.type} version={database.serverVersion} />
      </span>
      <span className="font-mono text-sm break-all text-ink-faint">
        {database.host}:{database.port}
      </span>
    </li>
  );
}
