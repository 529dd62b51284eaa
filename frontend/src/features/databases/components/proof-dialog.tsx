import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { DatabaseView } from "@/client";
import { ScratchTarget } from "@/components/run/scratch-target";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { ApiError, describeError } from "@/lib/api-error";
import { CONTAINER, OWN_SERVER } from "@/lib/scratch-target";
import { useChangeProof } from "../api";
import { AssertionFields, type AssertionRow } from "./assertion-fields";

interface ProofDialogProps {
  database: DatabaseView;
  databases: DatabaseView[];
  onClose: () => void;
}

/** Edits the assertions of a database, and where its copies are restored on the side. */
export function ProofDialog({ database, databases, onClose }: ProofDialogProps) {
  const change = useChangeProof(database.id);
  const [target, setTarget] = useState(
    database.verifyTargetKind === CONTAINER ? CONTAINER : (database.verifyTargetId ?? ""),
  );
  const [rows, setRows] = useState<AssertionRow[]>(() =>
    database.assertions.map((assertion, key) => ({ ...assertion, key })),
  );
  const problems = change.error instanceof ApiError ? change.error.details : [];
  const problemOf = (field: string) => problems.find((problem) => problem.field === field)?.message;
  const known = rows.flatMap((_, index) => [`assertions[${index}].name`, `assertions[${index}].sql`]);
  const rest = problems.filter((problem) => !known.includes(problem.field));

  const add = () =>
    setRows([...rows, { key: Math.max(-1, ...rows.map((row) => row.key)) + 1, name: "", sql: "" }]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const assertions = rows.map(({ name, sql }) => ({ name: name.trim(), sql }));
    const inContainer = target === CONTAINER;
    change.mutate(
      {
        assertions,
        verifyTargetId: inContainer ? null : target || null,
        verifyTargetKind: inContainer ? CONTAINER : OWN_SERVER,
      },
      { onSuccess: onClose },
    );
  };

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`How backups of ${database.name} are proven`}
      description="An assertion is a query that is asked of a restored copy at level 4. It holds when it gives no rows, or one value that is true."
    >
      <form onSubmit={submit} className="space-y-5">
        <ScratchTarget
          engine={database.type}
          own={database}
          databases={databases}
          value={target}
          onChange={setTarget}
          usual="Its own server"
        />
        {rows.map((row, index) => (
          <AssertionFields
            key={row.key}
            number={index + 1}
            row={row}
            nameProblem={problemOf(`assertions[${index}].name`)}
            sqlProblem={problemOf(`assertions[${index}].sql`)}
            onChange={(next) => setRows(rows.map((old) => (old.key === row.key ? next : old)))}
            onRemove={() => setRows(rows.filter((old) => old.key !== row.key))}
          />
        ))}
        <Button size="sm" onClick={add}>
          <Plus aria-hidden />
          Add an assertion
        </Button>
        {change.isError && (rest.length > 0 || problems.length === 0) ? (
          <Notice tone="bad" live title="Not saved">
            {rest.length > 0 ? rest.map((problem) => problem.message).join(" ") : describeError(change.error)}
          </Notice>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" busy={change.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
