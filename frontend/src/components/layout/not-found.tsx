import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { PageHeader } from "./page-header";

export function NotFound() {
  return (
    <>
      <PageHeader title="Page not found" />
      <Empty
        icon={Compass}
        title="There is no page at this address"
        actions={
          <Link to="/" className={buttonClass({ variant: "primary" })}>
            To the overview
          </Link>
        }
      >
        Check the address, or start from the overview.
      </Empty>
    </>
  );
}
