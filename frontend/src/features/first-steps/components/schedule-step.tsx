import { useState } from "react";
import type { DatabaseView, RetentionPolicyView, SystemStatus } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { Select } from "@/components/ui/select";
import { describeError } from "@/lib/api-error";
import { usePlanDatabases } from "../api";
import { StepPanel } from "./step-panel";

type Rhythm = "daily" | "hourly";

interface ScheduleStepProps {
  databases: DatabaseView[];
  policies: RetentionPolicyView[];
  status: SystemStatus | undefined;
  onBack: () => void;
  onNext: () => void;
}

/** One plan for all databases that have none yet. Finer ones are made on the schedules page. */
export function ScheduleStep({ databases, policies, status, onBack, onNext }: ScheduleStepProps) {
  const open = databases.filter((database) => database.schedules === 0);
  const [left, setLeft] = useState<string[]>([]);
  const [rhythm, setRhythm] = useState<Rhythm>("daily");
  const [time, setTime] = useState("02:00");
  const [policyId, setPolicyId] = useState(policies[0]?.id ?? "");
  const run = usePlanDatabases();
  const chosen = open.filter((database) => !left.includes(database.id));
  const [hour, minute] = time.split(":").map(Number);

  const save = () => {
    const cronExpression = rhythm === "daily" ? `${minute} ${hour} * * *` : "0 * * * *";
    const plan = { type: rhythm, cronExpression, retentionPolicyId: policyId || null };
    run.mutate({ databaseIds: chosen.map(({ id }) => id), plan }, { onSuccess: onNext });
  };

  return (
    <StepPanel
      title="Plan the backups"
      intro={
        open.length > 0
          ? "The same plan for all databases that have none yet. You can change each one later."
          : "Every database has a schedule already."
      }
      onBack={onBack}
      actions={
        open.length > 0 ? (
          <>
            <Button onClick={onNext}>Skip</Button>
            <Button
              variant="primary"
              disabled={chosen.length === 0 || !time}
              busy={run.isPending}
              onClick={save}
            >
              {chosen.length === 1 ? "Add the schedule" : `Add ${chosen.length} schedules`}
            </Button>
          </>
        ) : (
          <Button variant="primary" onClick={onNext}>
            Continue
          </Button>
        )
      }
    >
      {open.length > 0 ? (
        <div className="panel grid gap-x-8 gap-y-5 p-4 sm:p-6 md:grid-cols-2">
          <RadioCards<Rhythm>
            label="How often"
            value={rhythm}
            onChange={setRhythm}
            options={[
              { value: "daily", label: "Every day", hint: "Right for most databases" },
              { value: "hourly", label: "Every hour", hint: "When an hour of work is all that may be lost" },
            ]}
          />
          <div className="space-y-5">
            {rhythm === "daily" ? (
              <Field label="At" hint={status ? `In the zone ${status.timezone}.` : undefined}>
                {(control) => (
                  <Input
                    {...control}
                    type="time"
                    required
                    value={time}
                    onChange={(e) => setTime(e.target.value)}
                  />
                )}
              </Field>
            ) : null}
            <Field label="Keep them by" hint={policies.find(({ id }) => id === policyId)?.description}>
              {(control) => (
                <Select {...control} value={policyId} onChange={(e) => setPolicyId(e.target.value)}>
                  {policies.map((policy) => (
                    <option key={policy.id} value={policy.id}>
                      {policy.name}
                    </option>
                  ))}
                  <option value="">No policy: they are kept</option>
                </Select>
              )}
            </Field>
          </div>
          <fieldset className="space-y-2 md:col-span-2">
            <legend className="mb-2 text-sm font-semibold">For</legend>
            {open.map((database) => (
              <Checkbox
                key={database.id}
                label={database.name}
                checked={!left.includes(database.id)}
                onChange={(on) =>
                  setLeft((old) => (on ? old.filter((id) => id !== database.id) : [...old, database.id]))
                }
              />
            ))}
          </fieldset>
        </div>
      ) : null}
      {run.isError ? (
        <Notice tone="bad" live title="Not all schedules were added">
          {describeError(run.error)}
        </Notice>
      ) : null}
    </StepPanel>
  );
}
