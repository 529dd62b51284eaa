import { Dices } from "lucide-react";
import { useState } from "react";
import type { UseFormReturn } from "react-hook-form";
import type { S3ConfigView } from "@/client";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { S3Values } from "./s3-schema";

interface CustomerKeyFieldProps {
  form: UseFormReturn<S3Values>;
  saved?: S3ConfigView;
}

/** The key of SSE-C: whoever loses it loses the objects, so a generated one is shown to be kept. */
export function CustomerKeyField({ form, saved }: CustomerKeyFieldProps) {
  const [shown, setShown] = useState(false);
  const stored = saved?.hasCustomerKey && saved.sseMode === "SSE-C";
  const value = form.watch("customerKey");

  function generate() {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    form.setValue("customerKey", btoa(String.fromCharCode(...bytes)), { shouldValidate: true });
    setShown(true);
  }

  return (
    <div className="sm:col-span-2">
      <Field
        label="Customer key"
        error={form.formState.errors.customerKey?.message}
        hint={
          stored
            ? "Leave it empty to keep the stored one. It can't change while copies lie there."
            : "32 bytes in base64. Keep a copy elsewhere: without it nobody can read the backups, the service included."
        }
      >
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              {...form.register("customerKey")}
              type={shown ? "text" : "password"}
              autoComplete="new-password"
              spellCheck={false}
              placeholder={stored ? "••••••••" : undefined}
              className="font-mono"
            />
            {shown && value ? <CopyButton text={value} label="Copy the key" /> : null}
            <Button onClick={generate}>
              <Dices aria-hidden />
              Generate
            </Button>
          </span>
        )}
      </Field>
    </div>
  );
}
