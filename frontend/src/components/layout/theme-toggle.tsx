import { Monitor, Moon, Sun } from "lucide-react";
import { Segmented } from "@/components/ui/segmented";
import { useTheme } from "@/lib/theme";

export function ThemeToggle({ vertical }: { vertical?: boolean }) {
  const { choice, setChoice } = useTheme();
  return (
    <Segmented
      label="Theme"
      vertical={vertical}
      value={choice}
      onChange={setChoice}
      options={[
        { value: "system", name: "Follow the system", label: <Monitor aria-hidden /> },
        { value: "light", name: "Light", label: <Sun aria-hidden /> },
        { value: "dark", name: "Dark", label: <Moon aria-hidden /> },
      ]}
    />
  );
}
