import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useMemo, useState } from "react";
import { Controller, useForm } from "react-hook-form";
import type { NotificationChannelView, NotificationEventView } from "@/client";
import { FormGuard } from "@/components/form/form-guard";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { applyProblems } from "@/lib/form-problems";
import { useTestChannelForm } from "../api";
import { TestOutcome } from "../components/test-outcome";
import { KIND_NAMES, KINDS } from "../kinds";
import { type ChannelValues, channelSchema, newChannel } from "./channel-schema";
import { toTest, toValues, withoutPath } from "./channel-values";
import { EmailFields } from "./email-fields";
import { EventFields } from "./event-fields";
import { FilterFields } from "./filter-fields";
import { SigningFields } from "./signing-fields";
import { UrlFields } from "./url-fields";

interface ChannelFormProps {
  events: NotificationEventView[];
  saved?: NotificationChannelView;
  submitLabel: string;
  /** Rejects with `ApiError`. */
  onSave: (values: ChannelValues) => Promise<unknown>;
}

export function ChannelForm({ events, saved, submitLabel, onSave }: ChannelFormProps) {
  const start = useMemo(() => (saved ? toValues(saved, events) : newChannel(events)), [saved, events]);
  const schema = useMemo(() => channelSchema(saved), [saved]);
  const form = useForm<ChannelValues>({ resolver: zodResolver(schema), defaultValues: start });
  const test = useTestChannelForm();
  const [problem, setProblem] = useState<string | null>(null);
  const kind = form.watch("kind");
  const errors = form.formState.errors;

  const attempt = (action: (values: ChannelValues) => Promise<unknown>) =>
    form.handleSubmit(async (values) => {
      setProblem(null);
      try {
        await action(values);
      } catch (thrown) {
        setProblem(applyProblems(form, withoutPath(thrown), Object.keys(start)));
      }
    });

  return (
    <form
      noValidate
      className="grid max-w-3xl gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(onSave)();
      }}
    >
      <FormGuard form={form} />
      <div className="panel space-y-6 p-4 sm:p-6">
        {saved ? null : (
          <Controller
            control={form.control}
            name="kind"
            render={({ field }) => (
              <RadioCards
                label="Kind of channel"
                value={field.value}
                onChange={(value) => {
                  field.onChange(value);
                  test.reset();
                }}
                className="sm:grid-cols-2"
                options={KIND_NAMES.map((name) => ({
                  value: name,
                  label: KINDS[name].label,
                  hint: KINDS[name].hint,
                }))}
              />
            )}
          />
        )}
        <Field label="Name" error={errors.name?.message} hint="As it appears on this page: “Operations”.">
          {(control) => <Input {...control} {...form.register("name")} />}
        </Field>
        {kind === "email" ? (
          <EmailFields form={form} saved={saved} />
        ) : (
          <UrlFields form={form} kind={kind} saved={saved} />
        )}
        {kind === "webhook" ? <SigningFields form={form} saved={saved} /> : null}
        <div className="space-y-3">
          <Button
            busy={test.isPending}
            onClick={attempt((values) => test.mutateAsync(toTest(values, saved)))}
          >
            {test.isPending ? null : <Send aria-hidden />}
            Send a test message
          </Button>
          <TestOutcome result={test.data} error={null} />
        </div>
      </div>
      <div className="panel space-y-6 p-4 sm:p-6">
        <EventFields form={form} events={events} />
        <FilterFields form={form} />
      </div>
      {problem ? (
        <Notice tone="bad" live title="Not done">
          {problem}
        </Notice>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" type="submit" busy={form.formState.isSubmitting && !test.isPending}>
          {submitLabel}
        </Button>
        <Link to="/notifications" className={buttonClass({ variant: "ghost" })}>
          Cancel
        </Link>
      </div>
    </form>
  );
}
