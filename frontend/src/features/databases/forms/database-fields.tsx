import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { Controller, type UseFormReturn } from "react-hook-form";
import { buttonClass } from "@/components/ui/button-class";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import { ENGINES } from "@/lib/engine";
import { type DatabaseValues, TLS_MODES } from "./database-schema";

interface DatabaseFieldsProps {
  form: UseFormReturn<DatabaseValues>;
  /** A password is stored already; an empty field keeps it. */
  hasPassword: boolean;
}

export function DatabaseFields({ form, hasPassword }: DatabaseFieldsProps) {
  const [shown, setShown] = useState(false);
  const errors = form.formState.errors;
  const checksCertificate = form.watch("tlsMode").startsWith("verify");
  const type = form.watch("type");
  return (
    <div className="grid gap-4 sm:grid-cols-6">
      <Field label="Host" error={errors.host?.message} className="sm:col-span-4">
        {(control) => (
          <Input
            {...control}
            {...form.register("host")}
            placeholder={ENGINES[type].host}
            spellCheck={false}
          />
        )}
      </Field>
      <Field label="Port" error={errors.port?.message} className="sm:col-span-2">
        {(control) => (
          <Input
            {...control}
            {...form.register("port", { valueAsNumber: true })}
            type="number"
            inputMode="numeric"
          />
        )}
      </Field>
      <Field label="Database" error={errors.database?.message} className="sm:col-span-3">
        {(control) => <Input {...control} {...form.register("database")} spellCheck={false} />}
      </Field>
      <Field
        label="Name on this page"
        error={errors.name?.message}
        hint="Also used in file names."
        className="sm:col-span-3"
      >
        {(control) => <Input {...control} {...form.register("name")} spellCheck={false} />}
      </Field>
      <Field label="User" error={errors.username?.message} className="sm:col-span-3">
        {(control) => <Input {...control} {...form.register("username")} spellCheck={false} />}
      </Field>
      <Field
        label="Password"
        error={errors.password?.message}
        hint={hasPassword ? "Leave it empty to keep the stored one." : "Stored encrypted, never shown again."}
        className="sm:col-span-3"
      >
        {(control) => (
          <span className="relative block">
            <Input
              {...control}
              {...form.register("password")}
              type={shown ? "text" : "password"}
              autoComplete="new-password"
              placeholder={hasPassword ? "••••••••" : undefined}
              className="!pr-10"
            />
            <button
              type="button"
              aria-label={shown ? "Hide the password" : "Show the password"}
              onClick={() => setShown(!shown)}
              className={buttonClass(
                { variant: "ghost", size: "icon" },
                "absolute inset-y-0 right-0.5 my-auto",
              )}
            >
              {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
            </button>
          </span>
        )}
      </Field>
      <Field label="TLS" error={errors.tlsMode?.message} className="sm:col-span-6">
        {(control) => (
          <Select {...control} {...form.register("tlsMode")}>
            {TLS_MODES.map((mode) => (
              <option key={mode.value} value={mode.value}>
                {mode.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {checksCertificate ? (
        <Field
          label="CA certificates"
          optional
          hint="PEM. Without them the system's own are used."
          error={errors.tlsCa?.message}
          className="sm:col-span-6"
        >
          {(control) => (
            <Textarea
              {...control}
              {...form.register("tlsCa")}
              spellCheck={false}
              className="font-mono text-sm"
              placeholder="-----BEGIN CERTIFICATE-----"
            />
          )}
        </Field>
      ) : null}
      <div className="sm:col-span-6">
        <Controller
          control={form.control}
          name="enabled"
          render={({ field }) => (
            <Checkbox
              checked={field.value}
              onChange={field.onChange}
              label="Enabled"
              hint="A disabled database keeps its backups; no new ones are made."
            />
          )}
        />
      </div>
    </div>
  );
}
