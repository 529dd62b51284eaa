import { useEffect } from "react";
import type { OidcAnswerInput } from "@/client";
import { BrandMark } from "@/components/layout/brand";
import { buttonClass } from "@/components/ui/button-class";
import { Notice } from "@/components/ui/notice";
import { SIGN_IN } from "@/lib/access";
import { describeError } from "@/lib/api-error";
import { useFinishSingleSignOn } from "../api";
import { takeNext } from "../next-place";

interface SignInCallbackProps {
  answer: OidcAnswerInput;
  onEntered: (next: string | undefined) => void;
}

// Not in the component: the layout changes on the way in and would mount it once more.
let handedOver: string | undefined;

/** Where the provider sends the browser back to: hands its answer to the API, once. */
export function SignInCallback({ answer, onEntered }: SignInCallbackProps) {
  const finish = useFinishSingleSignOn();
  const { mutate } = finish;
  useEffect(() => {
    if (handedOver === answer.state) return;
    handedOver = answer.state;
    mutate(answer, { onSuccess: () => onEntered(takeNext()) });
  }, [mutate, answer, onEntered]);

  return (
    <main id="main" className="mx-auto min-h-dvh w-full max-w-md px-4 pt-[12vh] pb-16">
      <div className="panel space-y-5 px-5 py-6 sm:px-7">
        <h1 className="flex items-center gap-2.5 text-lg font-bold">
          <BrandMark />
          Sign in
        </h1>
        {finish.isError ? (
          <>
            <Notice tone="bad" live title="Not signed in">
              {describeError(finish.error)}
            </Notice>
            <a href={SIGN_IN} className={buttonClass({ variant: "primary" }, "w-full")}>
              Back to the sign-in
            </a>
          </>
        ) : (
          <p role="status" className="text-ink-soft">
            Signing you in…
          </p>
        )}
      </div>
    </main>
  );
}
