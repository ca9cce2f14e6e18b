import { BlockList, isIP } from "node:net";
import type { JsonValue } from "@proclaw/core";
import { isArray, isObject } from "./reference-document.ts";

/** A zone: a name, or hosts, `*.suffix` and CIDRs. */
export type Zone = string | readonly string[];

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
/**
 * Loopback, link-local, metadata, unspecified and multicast "lie in no named zone"; nor do "reserved,
 * documentation, benchmark, NAT64, 6to4, Teredo ranges".
 */
const NO_ZONE = {
  loopback: ["127.0.0.0/8", "::1/128"],
  metadata: [
    "169.254.169.254/32",
    "169.254.170.2/32",
    "169.254.170.23/32",
    "100.100.100.200/32",
    "fd00:ec2::254/128",
    "fd00:ec2::23/128",
  ],
  link_local: ["169.254.0.0/16", "fe80::/10"],
  unspecified: ["0.0.0.0/8", "::/96"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  documentation: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
  benchmark: ["198.18.0.0/15"],
  translated: ["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "::ffff:0:0:0/96"],
  reserved: [
    "192.0.0.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.175.48.0/24",
    "240.0.0.0/4",
    "100::/64",
    "2620:4f:8000::/48",
    "5f00::/16",
    "fec0::/10",
  ],
};
const METADATA_NAMES = [
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
];
const LOCAL_NAMES = ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"];
const INTERNAL_SUFFIXES = [".internal", ".local", ".lan", ".home.arpa"];

function inRanges(address: string, ranges: readonly string[]): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  for (const range of ranges) {
    const [network, bits] = range.split("/") as [string, string];
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return list.check(address, family);
}

/** Which kind of address it is; `public` if none of the special ones. */
function kindOfAddress(address: string): string {
  // In order: metadata addresses lie in wider ranges, and so does `::1`.
  for (const [kind, ranges] of Object.entries(NO_ZONE)) if (inRanges(address, ranges)) return kind;
  return inRanges(address, PRIVATE) ? "private" : "public";
}

export function inCidrs(address: string, cidrs: readonly string[]): boolean {
  return inRanges(
    address,
    cidrs.map((cidr) => (cidr.includes("/") ? cidr : `${cidr}/${isIP(cidr) === 6 ? 128 : 32}`)),
  );
}

/** Whether the host lies in one of the zones that `url` knows by name. */
export function inUrlZone(host: string, zone: string, internalDomains: readonly string[]): boolean {
  if (host === "") return false;
  if (isIP(host) !== 0) return kindOfAddress(host) === zone;
  if (METADATA_NAMES.includes(host)) return zone === "metadata";
  if (isLocalName(host)) return zone === "loopback";
  return isInternalName(host, internalDomains) ? zone === "private" : zone === "public";
}

function isLocalName(host: string): boolean {
  return LOCAL_NAMES.includes(host) || host.endsWith(".localhost");
}

function isInternalName(host: string, internalDomains: readonly string[]): boolean {
  if (!host.includes(".")) return true;
  if (INTERNAL_SUFFIXES.some((suffix) => host.endsWith(suffix))) return true;
  return internalDomains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

export function hostMatches(host: string, entry: string): boolean {
  return entry.startsWith("*.") ? host.endsWith(entry.slice(1)) && host.length > entry.length - 1 : host === entry;
}

/** Whether one host or address lies within a zone. */
export function hostInZone(host: string, zone: Zone, internalDomains: readonly string[]): boolean {
  if (typeof zone !== "string") {
    return zone.some((entry) =>
      entry.includes("/") ? isIP(host) !== 0 && inCidrs(host, [entry]) : hostMatches(host, entry.toLowerCase()),
    );
  }
  if (zone === "none") return false;
  if (isIP(host) !== 0) {
    const kind = kindOfAddress(host);
    return kind === "private" || (kind === "public" && zone === "external");
  }
  if (METADATA_NAMES.includes(host) || isLocalName(host)) return false;
  return zone === "external" || isInternalName(host, internalDomains);
}

const ORDER = ["none", "internal", "external"];

/** "`none` ⊂ `internal` ⊂ `external`. A list lies within a zone if each member does." */
export function zoneWithin(inner: Zone, outer: Zone, internalDomains: readonly string[]): boolean {
  if (inner === "none") return true;
  if (typeof inner === "string") return typeof outer === "string" && ORDER.indexOf(inner) <= ORDER.indexOf(outer);
  return inner.every((entry) => entryWithin(entry, outer, internalDomains));
}

function entryWithin(entry: string, outer: Zone, internalDomains: readonly string[]): boolean {
  if (typeof outer !== "string" && outer.includes(entry)) return true;
  if (entry.startsWith("*.")) {
    if (typeof outer === "string") return hostInZone(`x${entry.slice(1)}`, outer, internalDomains);
    return outer.some((other) => other.startsWith("*.") && entry.endsWith(other.slice(1)));
  }
  if (!entry.includes("/")) return hostInZone(entry, outer, internalDomains);
  const [network, bits] = entry.split("/") as [string, string];
  const containing = typeof outer !== "string" ? outer : outer === "none" ? [] : PRIVATE;
  const within = containing.some(
    (other) => other.includes("/") && Number(other.split("/")[1]) <= Number(bits) && inCidrs(network, [other]),
  );
  return within || (outer === "external" && kindOfAddress(network) === "public");
}

/**
 * "Hosts among the arguments: strings at any depth that are wholly an absolute URL with a host, …";
 * null for a host that cannot be read.
 */
export function hostsAmong(value: JsonValue): (string | null)[] {
  if (typeof value === "string") {
    if (isIP(value) !== 0) return [value];
    const url = URL.parse(value);
    const host = url === null ? "none" : hostOfUrl(url);
    if (host === "none") return [];
    return [host === "unreadable" ? null : host.name];
  }
  if (isArray(value)) return value.flatMap(hostsAmong);
  return isObject(value) ? Object.values(value).flatMap(hostsAmong) : [];
}

/** "Opaque hosts (`ssh://167772161/`) are read again with the WHATWG host parser." */
export function hostOfUrl(url: URL): { readonly name: string } | "none" | "unreadable" {
  if (url.hostname === "") return "none";
  const special = ["http:", "https:", "ws:", "wss:", "ftp:", "file:"].includes(url.protocol);
  let name: string | null = null;
  if (special) name = readable(url.hostname);
  else {
    try {
      name = parseHost(decodeURIComponent(url.hostname));
    } catch {
      // Not even an encoding.
    }
  }
  return name === null ? "unreadable" : { name };
}

/** The host as the WHATWG parser writes it, a port behind it left out; null if it is none. */
export function parseHost(text: string): string | null {
  if (text === "" || text.length > 1024 || /[\0-\x20\x7f/?#@\\]/.test(text)) return null;
  const url = URL.parse(isIP(text) === 6 ? `http://[${text}]/` : `http://${text}/`);
  return url === null || url.pathname !== "/" ? null : readable(url.hostname);
}

/** A host without empty labels. */
function readable(hostname: string): string | null {
  const host = bareHost(hostname);
  return host === "" || host.startsWith(".") || host.includes("..") ? null : host;
}

export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}
