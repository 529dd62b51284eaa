import { RadioCards } from "@/components/ui/radio-cards";
import { ROLES, type Role } from "@/lib/access";

interface RoleChoiceProps {
  value: Role;
  onChange: (role: Role) => void;
  /** The strongest that may be chosen. */
  most?: Role;
}

export function RoleChoice({ value, onChange, most = "admin" }: RoleChoiceProps) {
  const limit = ROLES.findIndex((role) => role.value === most);
  return (
    <RadioCards
      label="Role"
      value={value}
      onChange={onChange}
      options={ROLES.map((role, index) => ({ ...role, disabled: index > limit }))}
    />
  );
}
