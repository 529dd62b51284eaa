import { KeyRound } from "lucide-react";
import { Controller, type UseFormReturn } from "react-hook-form";
import type { NotificationChannelView } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { CopyButton } from "@/components/ui/copy-button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { type ChannelValues, hasSigningSecret } from "./channel-schema";
import { newSigningSecret } from "./signing-secret";

interface SigningFieldsProps {
  form: UseFormReturn<ChannelValues>;
  saved?: NotificationChannelView;
}

/** So that the receiver can tell our messages from those of others. */
export function SigningFields({ form, saved }: SigningFieldsProps) {
  const [sign, secret] = form.watch(["sign", "signingSecret"]);
  const stored = hasSigningSecret(saved);
  return (
    <div className="space-y-4">
      <Controller
        control={form.control}
        name="sign"
        render={({ field }) => (
          <Checkbox
            checked={field.value}
            onChange={field.onChange}
            label="Sign every message"
            hint="As the Standard Webhooks specification says: with a secret that both sides know."
          />
        )}
      />
      {sign ? (
        <Field
          label="Signing secret"
          error={form.formState.errors.signingSecret?.message}
          hint={
            stored
              ? "Leave it empty to keep the stored one."
              : "Copy it into the receiver now. It is stored encrypted and never shown again."
          }
        >
          {(control) => (
            <div className="flex flex-wrap items-center gap-2">
              <Input
                {...control}
                {...form.register("signingSecret")}
                spellCheck={false}
                autoComplete="off"
                className="min-w-48 flex-1 font-mono text-sm"
                placeholder={stored ? "••••••••" : "whsec_…"}
              />
              {secret ? <CopyButton text={secret} label="Copy the signing secret" /> : null}
              <Button
                onClick={() =>
                  form.setValue("signingSecret", newSigningSecret(), {
                    shouldDirty: true,
                    shouldValidate: true,
                  })
                }
              >
                <KeyRound aria-hidden />
                Generate
              </Button>
            </div>
          )}
        </Field>
      ) : null}
    </div>
  );
}
