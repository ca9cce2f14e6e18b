/** Zones seen to be known; asking Intl costs half a millisecond each time. */
const KNOWN = new Set(["UTC"]);

/** Whether this platform knows a time zone by that name. */
export function isTimezone(name: string): boolean {
  if (KNOWN.has(name)) return true;
  try {
    void new Intl.DateTimeFormat("en-US", { timeZone: name });
  } catch {
    return false;
  }
  KNOWN.add(name);
  return true;
}
