import type { UseFormReturn } from "react-hook-form";
import type { NotificationChannelView } from "@/client";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import type { ChannelValues } from "./channel-schema";

interface EmailFieldsProps {
  form: UseFormReturn<ChannelValues>;
  saved?: NotificationChannelView;
}

export function EmailFields({ form, saved }: EmailFieldsProps) {
  const errors = form.formState.errors;
  const stored = saved?.settings.kind === "email" && saved.settings.hasPassword;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field
        label="Recipients"
        error={errors.recipients?.message}
        hint="One address a line."
        className="sm:col-span-2"
      >
        {(control) => (
          <Textarea {...control} {...form.register("recipients")} rows={2} placeholder="ops@example.com" />
        )}
      </Field>
      <Field
        label="Sender"
        error={errors.sender?.message}
        hint="An address that your mail server lets you use."
      >
        {(control) => (
          <Input {...control} {...form.register("sender")} type="email" placeholder="backups@example.com" />
        )}
      </Field>
      <Field label="Mail server" error={errors.host?.message}>
        {(control) => (
          <Input {...control} {...form.register("host")} spellCheck={false} placeholder="smtp.example.com" />
        )}
      </Field>
      <Field label="Encryption" error={errors.security?.message}>
        {(control) => (
          <Select {...control} {...form.register("security")}>
            <option value="starttls">STARTTLS (mostly port 587)</option>
            <option value="tls">TLS (mostly port 465)</option>
            <option value="none">None (mostly port 25)</option>
          </Select>
        )}
      </Field>
      <Field label="Port" error={errors.port?.message}>
        {(control) => <Input {...control} {...form.register("port")} type="number" inputMode="numeric" />}
      </Field>
      <Field label="User name" optional error={errors.username?.message}>
        {(control) => (
          <Input {...control} {...form.register("username")} autoComplete="off" spellCheck={false} />
        )}
      </Field>
      <Field
        label="Password"
        optional
        error={errors.password?.message}
        hint={stored ? "Leave it empty to keep the stored one." : "Stored encrypted, never shown again."}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("password")}
            type="password"
            autoComplete="new-password"
            placeholder={stored ? "••••••••" : undefined}
          />
        )}
      </Field>
      <Field
        label="Certificate of the authority"
        optional
        error={errors.caCertificate?.message}
        hint="In PEM form; for a mail server whose certificate is from an authority of your own."
        className="sm:col-span-2"
      >
        {(control) => (
          <Textarea
            {...control}
            {...form.register("caCertificate")}
            rows={2}
            spellCheck={false}
            placeholder="-----BEGIN CERTIFICATE-----"
          />
        )}
      </Field>
    </div>
  );
}
