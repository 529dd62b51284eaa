export function MenuSeparator() {
  return <hr className="my-1 border-line" />;
}
