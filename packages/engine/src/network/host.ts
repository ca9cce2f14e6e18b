import { type AddressBytes, parseAddress } from "./address.ts";

/** A host as it is compared: an address, or a name in lower-case ASCII without a final dot. */
export type Host =
  | { readonly address: AddressBytes; readonly name: null }
  | { readonly address: null; readonly name: string };

/**
 * A host read by the WHATWG host parser: names to lower-case ASCII (IDNA), every disguised IPv4
 * form to the address it is. `text` may carry a port. Undefined if it is not a host.
 */
export function parseHost(text: string): Host | undefined {
  const literal = parseAddress(text);
  if (literal !== undefined) return { address: literal, name: null };
  // Characters that would end the host in a URL, or that the URL parser drops (tab, newline, spaces).
  if (text === "" || text.length > 1024 || hasForbidden(text)) return undefined;
  const url = URL.parse(`http://${text}/`);
  return url === null || url.pathname !== "/" ? undefined : hostOfName(url.hostname);
}

function hasForbidden(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return /[/?#@\\]/.test(text);
}

/** The host of a parsed URL; null if it has none; undefined if it has one that is not readable. */
export function hostOfUrl(url: URL): Host | null | undefined {
  if (url.hostname === "") return null;
  // WHATWG: only special schemes get the host parser; others keep an opaque host, which whoever
  // opens the URL may still read as a disguised address.
  return isSpecial(url.protocol) ? hostOfName(url.hostname) : parseHost(decodeOpaque(url.hostname));
}

const SPECIAL_SCHEMES: readonly string[] = ["http:", "https:", "ws:", "wss:", "ftp:", "file:"];

function isSpecial(protocol: string): boolean {
  return SPECIAL_SCHEMES.includes(protocol);
}

function decodeOpaque(hostname: string): string {
  try {
    return decodeURIComponent(hostname);
  } catch {
    return "";
  }
}

function hostOfName(hostname: string): Host | undefined {
  const bare = hostname.startsWith("[")
    ? hostname.slice(1, -1)
    : hostname.endsWith(".")
      ? hostname.slice(0, -1)
      : hostname;
  const address = parseAddress(bare);
  if (address !== undefined) return { address, name: null };
  if (bare === "" || bare.startsWith(".") || bare.includes("..") || hostname.startsWith("[")) return undefined;
  return { address: null, name: bare };
}
