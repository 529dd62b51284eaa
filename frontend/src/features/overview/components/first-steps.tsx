import { Link } from "@tanstack/react-router";
import { Database, ListChecks, Plus, RotateCcw } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";

/** The overview while there is nothing to look over. */
export function FirstSteps() {
  return (
    <>
      <PageHeader title="Overview" />
      <Empty
        icon={Database}
        title="Add your first database"
        actions={
          <>
            <Allowed to="database.create">
              <Link to="/first-steps" search={{}} className={buttonClass({ variant: "primary" })}>
                <ListChecks aria-hidden />
                Set up step by step
              </Link>
              <Link to="/databases/new" className={buttonClass()}>
                <Plus aria-hidden />
                Add a database
              </Link>
            </Allowed>
            <Allowed to="restore.execute">
              <Link to="/restore/new" search={{}} className={buttonClass()}>
                <RotateCcw aria-hidden />
                Restore from a bucket
              </Link>
            </Allowed>
          </>
        }
      >
        Paste its connection string; it is tested before it is saved. The first backup takes one more click.
      </Empty>
    </>
  );
}
