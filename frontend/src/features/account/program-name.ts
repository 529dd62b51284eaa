const BROWSERS = [
  ["Edg/", "Edge"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"];

/** "Firefox on Linux" of what a browser calls itself; what is no browser keeps its own name. */
export function programName(userAgent: string): string {
  if (!userAgent) return "A program without a name";
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1];
  if (!browser) return userAgent;
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  return system ? `${browser} on ${system.replace("Mac OS X", "macOS")}` : browser;
}
