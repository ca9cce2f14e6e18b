import type { JsonObject, JsonValue } from "@proclaw/core";
import { parseAddress } from "../network/address.ts";
import { type Host, hostOfUrl, parseHost } from "../network/host.ts";

export interface FoundHosts {
  readonly hosts: readonly Host[];
  /** Something should be a host, but cannot be read as one. */
  readonly unreadable: boolean;
}

/**
 * Hosts among the arguments: strings at any depth that are wholly an absolute URL with a host or
 * wholly an IP address, and whatever stands in the arguments that the catalogue names.
 */
export function collectHosts(args: JsonObject, declared: readonly string[]): FoundHosts {
  const hosts: Host[] = [];
  let unreadable = false;
  const add = (host: Host | null | undefined): void => {
    if (host === undefined) unreadable = true;
    else if (host !== null) hosts.push(host);
  };
  const visit = (value: JsonValue): void => {
    if (typeof value === "string") add(hostOfText(value));
    else if (Array.isArray(value)) for (const item of value) visit(item as JsonValue);
    else if (typeof value === "object" && value !== null) {
      for (const key of Object.keys(value)) visit((value as JsonObject)[key] as JsonValue);
    }
  };
  visit(args);
  for (const name of declared) {
    if (!Object.hasOwn(args, name)) continue;
    const value = args[name] as JsonValue;
    for (const item of Array.isArray(value) ? (value as readonly JsonValue[]) : [value]) {
      // A number would be a disguised IPv4 address; only text is read.
      if (typeof item !== "string") unreadable = true;
      // What reads as a URL was counted above.
      else if (hostOfText(item) === null) add(parseHost(item));
    }
  }
  return { hosts, unreadable };
}

/** Null: the text names no host. */
function hostOfText(text: string): Host | null | undefined {
  // Every URL and every IPv6 address holds a colon, every IPv4 address begins with a digit.
  const address = text.length <= 110 ? parseAddress(text) : undefined;
  if (address !== undefined) return { address, name: null };
  if (!text.includes(":")) return null;
  const url = URL.parse(text);
  return url === null ? null : hostOfUrl(url);
}
