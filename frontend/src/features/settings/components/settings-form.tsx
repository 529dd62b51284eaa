import { type FormEvent, useState } from "react";
import type { SettingView } from "@/client";
import { LeaveGuard } from "@/components/form/leave-guard";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { toast } from "@/lib/toast";
import { useProblems } from "@/lib/use-problems";
import { useChangeSettings } from "../api";
import { changedValues, type Drafts, groupSettings } from "../drafts";
import { SettingControl } from "./setting-control";

export function SettingsForm({ settings }: { settings: SettingView[] }) {
  const [drafts, setDrafts] = useState<Drafts>({});
  const change = useChangeSettings();
  const values = changedValues(settings, drafts);
  const count = Object.keys(values).length;
  const { form, problem, rest } = useProblems(
    change.error,
    settings.map(({ key }) => key),
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(values, {
      onSuccess: () => {
        setDrafts({});
        toast.success("Settings saved");
      },
    });
  };

  return (
    <form ref={form} noValidate onSubmit={submit} className="space-y-5">
      <LeaveGuard wouldLose={() => count > 0 && !change.isPending} />
      {groupSettings(settings).map((group) => (
        <Section key={group.name} title={group.name}>
          <div className="grid gap-x-8 gap-y-5 py-1 md:grid-cols-2">
            {group.settings.map((setting) => (
              <SettingControl
                key={setting.key}
                setting={setting}
                draft={drafts[setting.key]}
                error={problem(setting.key)}
                onChange={(value) => setDrafts((old) => ({ ...old, [setting.key]: value }))}
              />
            ))}
          </div>
        </Section>
      ))}
      {change.isError ? (
        <Notice tone="bad" live title="Nothing was saved">
          {rest ?? "See the fields that are marked above."}
        </Notice>
      ) : null}
      <div className="sticky bottom-16 flex items-center justify-end gap-3 border-t bg-bg py-3 md:bottom-0">
        <p role="status" className="text-sm text-ink-soft">
          {count === 0 ? "" : count === 1 ? "1 change not saved" : `${count} changes not saved`}
        </p>
        <Button disabled={count === 0} onClick={() => setDrafts({})}>
          Discard
        </Button>
        <Button type="submit" variant="primary" disabled={count === 0} busy={change.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
