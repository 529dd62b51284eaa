import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import type { RetentionPolicyView } from "@/client";
import { FormGuard } from "@/components/form/form-guard";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { applyProblems } from "@/lib/form-problems";
import { useDebounced } from "@/lib/use-debounced";
import { CeilingNote } from "../components/ceiling-note";
import { PreviewPanel } from "../components/preview-panel";
import { LimitFields } from "./limit-fields";
import { type PolicyValues, policySchema } from "./policy-schema";
import { NEW_POLICY, POLICY_FIELDS, toRules, toValues } from "./policy-values";
import { TierFields } from "./tier-fields";

interface PolicyFormProps {
  saved?: RetentionPolicyView;
  submitLabel: string;
  /** Rejects with `ApiError`. */
  onSave: (values: PolicyValues) => Promise<unknown>;
}

/** The rules, and beside them what they do: nobody should find out by a backup that is missing. */
export function PolicyForm({ saved, submitLabel, onSave }: PolicyFormProps) {
  const form = useForm<PolicyValues>({
    resolver: zodResolver(policySchema),
    defaultValues: saved ? toValues(saved) : NEW_POLICY,
  });
  const [problem, setProblem] = useState<string | null>(null);
  const values = form.watch();
  const text = useDebounced(JSON.stringify(values));
  const rules = useMemo(() => toRules(JSON.parse(text) as PolicyValues), [text]);
  const errors = form.formState.errors;

  const submit = form.handleSubmit(async (input) => {
    setProblem(null);
    try {
      await onSave(input);
    } catch (error) {
      setProblem(applyProblems(form, error, POLICY_FIELDS));
    }
  });

  return (
    <form
      noValidate
      onSubmit={submit}
      className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
    >
      <FormGuard form={form} />
      <div className="panel space-y-5 p-4 sm:p-6">
        <Field label="Name" error={errors.name?.message}>
          {(control) => <Input {...control} {...form.register("name")} />}
        </Field>
        <Field label="Description" optional error={errors.description?.message}>
          {(control) => <Input {...control} {...form.register("description")} />}
        </Field>
        <RadioCards
          label="What decides"
          value={values.strategy}
          onChange={(strategy) => {
            form.setValue("strategy", strategy);
            // Which other fields must be filled in depends on it.
            if (form.formState.isSubmitted) void form.trigger();
          }}
          className="sm:grid-cols-2"
          options={[
            { value: "tiered", label: "Tiers", hint: "Many of the last days, few of the last months" },
            { value: "age", label: "Age", hint: "All of the last so many days" },
            { value: "size", label: "Size", hint: "As many of the newest as fit" },
            { value: "hybrid", label: "Several limits", hint: "Number, size and age together" },
          ]}
        />
        {values.strategy === "tiered" ? (
          <TierFields form={form} />
        ) : (
          <LimitFields form={form} strategy={values.strategy} />
        )}
        <Field
          label="Always keep the newest"
          error={errors.minKeep?.message}
          hint="So many stay whatever the numbers above say. The newest good backup stays in any case."
        >
          {(control) => <Input {...control} {...form.register("minKeep")} inputMode="numeric" />}
        </Field>
        <CeilingNote rules={rules} />
        {problem ? (
          <Notice tone="bad" live title="Not saved">
            {problem}
          </Notice>
        ) : null}
        <div className="flex flex-wrap gap-2 border-t pt-4">
          <Button variant="primary" type="submit" busy={form.formState.isSubmitting}>
            {submitLabel}
          </Button>
          <Link to="/retention-policies" className={buttonClass({ variant: "ghost" })}>
            Cancel
          </Link>
        </div>
      </div>
      <PreviewPanel rules={rules} policyId={saved?.id ?? null} />
    </form>
  );
}
