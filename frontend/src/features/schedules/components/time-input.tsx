import { type ComponentProps, useState } from "react";
import { Input } from "@/components/ui/input";

interface TimeInputProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  hour: number;
  minute: number;
  onTime: (hour: number, minute: number) => void;
}

/** A time of day. While it is half typed the browser has no value for it: then the last whole one counts. */
export function TimeInput({ hour, minute, onTime, ...props }: TimeInputProps) {
  const known = `${pad(hour)}:${pad(minute)}`;
  const [text, setText] = useState(known);
  return (
    <Input
      {...props}
      type="time"
      required
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        const [hours, minutes] = target.value.split(":").map(Number);
        if (hours !== undefined && minutes !== undefined) onTime(hours, minutes);
      }}
      onBlur={() => setText(known)}
    />
  );
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
