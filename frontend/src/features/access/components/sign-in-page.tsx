import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { BrandMark } from "@/components/layout/brand";
import { ErrorState } from "@/components/layout/error-state";
import { ThemeToggle } from "@/components/layout/theme-toggle";
import { Skeleton } from "@/components/ui/skeleton";
import { authStateQuery } from "@/lib/access";
import { SetupForm } from "./setup-form";
import { SignInForm } from "./sign-in-form";
import { SingleSignOn } from "./single-sign-on";

interface SignInPageProps {
  onEntered: () => void;
  /** After the first administrator was made: what to set up comes next. */
  onMade: () => void;
  /** Where they wanted to go. */
  next?: string;
}

/** The door: the sign-in, or at the first start the making of the first administrator. */
export function SignInPage({ onEntered, onMade, next }: SignInPageProps) {
  const state = useQuery(authStateQuery());
  const setup = state.data?.setupNeeded ?? false;
  const open = state.data?.authMode === "none";
  const title = setup ? "Make the first administrator" : "Sign in";

  useEffect(() => {
    document.title = `${title} · DB Backup & Restore`;
  }, [title]);
  useEffect(() => {
    if (open) onEntered();
  }, [open, onEntered]);

  return (
    <div className="flex min-h-dvh flex-col bg-sunken">
      <header className="flex justify-end p-4">
        <ThemeToggle />
      </header>
      <main id="main" className="mx-auto w-full max-w-md flex-1 px-4 pt-[6vh] pb-16">
        <p className="mb-5 flex items-center justify-center gap-2.5 font-bold">
          <BrandMark />
          <span>
            DB Backup <span className="text-ink-faint">&amp; Restore</span>
          </span>
        </p>
        <div className="panel px-5 py-6 sm:px-7">
          <h1 className="mb-5 text-lg font-bold">{title}</h1>
          {state.isError ? (
            <ErrorState
              title="The server could not be asked"
              error={state.error}
              onRetry={() => state.refetch()}
            />
          ) : state.isPending || open ? (
            <div role="status" aria-label="Loading the sign-in">
              <Skeleton className="h-40" />
            </div>
          ) : (
            <>
              {setup ? <SetupForm onEntered={onMade} /> : <SignInForm onEntered={onEntered} />}
              {state.data.singleSignOn ? <SingleSignOn name={state.data.singleSignOn} next={next} /> : null}
            </>
          )}
        </div>
      </main>
    </div>
  );
}
