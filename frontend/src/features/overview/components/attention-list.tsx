import { Link } from "@tanstack/react-router";
import { CircleX, TriangleAlert } from "lucide-react";
import { buttonClass } from "@/components/ui/button-class";
import { Section } from "@/components/ui/section";
import type { Attention } from "../attention";

export function AttentionList({ items }: { items: Attention[] }) {
  return (
    <Section title="Needs attention" flush>
      <ul className="divide-y divide-line">
        {items.map((item) => {
          const Icon = item.tone === "bad" ? CircleX : TriangleAlert;
          return (
            <li key={item.key} className="flex items-start gap-3 px-4 py-3">
              <Icon
                className={`mt-0.5 size-4.5 shrink-0 ${item.tone === "bad" ? "text-bad" : "text-warn"}`}
                aria-label={item.tone === "bad" ? "Problem:" : "Warning:"}
              />
              <div className="min-w-0 flex-1">
                <p className="font-semibold break-words">{item.title}</p>
                <p className="text-sm break-words text-ink-soft">{item.text}</p>
              </div>
              <Link to={item.link.to} className={buttonClass({ size: "sm" })}>
                {item.link.label}
                <span className="sr-only">: {item.title}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
