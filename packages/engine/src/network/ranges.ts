import { type AddressBytes, contains, overlaps, parsePrefix, type Prefix } from "./address.ts";

/** What kind of address it is. `reserved` is everything that is neither public nor named here. */
export type AddressKind = "public" | "private" | "loopback" | "link_local" | "metadata" | "reserved";

function prefixes(...texts: readonly string[]): readonly Prefix[] {
  return texts.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new Error(`bad prefix in the table of ranges: ${text}`);
    return prefix;
  });
}

/** Addresses at which clouds hand out credentials; some lie in ranges that would count as private. */
const METADATA = prefixes(
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "100.100.100.200",
  "fd00:ec2::254",
  "fd00:ec2::23",
);
/** RFC 1918, RFC 6598 (shared address space), RFC 4193 (ULA). */
const PRIVATE = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7");
const LOOPBACK = prefixes("127.0.0.0/8", "::1");
const LINK_LOCAL = prefixes("169.254.0.0/16", "fe80::/10");
/** IANA special-purpose registries (RFC 6890), multicast, and ranges that carry an IPv4 address inside. */
const RESERVED = prefixes(
  "0.0.0.0/8", // RFC 791: this network; 0.0.0.0 reaches the local host
  "192.0.0.0/24", // RFC 6890
  "192.0.2.0/24", // RFC 5737
  "192.31.196.0/24", // RFC 7535
  "192.52.193.0/24", // RFC 7450
  "192.88.99.0/24", // RFC 7526
  "192.175.48.0/24", // RFC 7534
  "198.18.0.0/15", // RFC 2544
  "198.51.100.0/24", // RFC 5737
  "203.0.113.0/24", // RFC 5737
  "224.0.0.0/4", // RFC 5771: multicast
  "240.0.0.0/4", // RFC 1112, with the broadcast address
  "::/96", // unspecified, and RFC 4291 IPv4-compatible
  "::ffff:0:0:0/96", // RFC 2765
  "64:ff9b::/96", // RFC 6052: NAT64 reaches any IPv4 address
  "64:ff9b:1::/48", // RFC 8215
  "100::/64", // RFC 6666
  "2001::/23", // RFC 2928, with Teredo and ORCHID
  "2001:db8::/32", // RFC 3849
  "2002::/16", // RFC 3056: 6to4 reaches any IPv4 address
  "2620:4f:8000::/48", // RFC 7534
  "3fff::/20", // RFC 9637
  "5f00::/16", // RFC 9602
  "fec0::/10", // RFC 3879
  "ff00::/8", // multicast
);
const SPECIAL: readonly (readonly [AddressKind, readonly Prefix[]])[] = [
  ["metadata", METADATA],
  ["loopback", LOOPBACK],
  ["link_local", LINK_LOCAL],
  ["private", PRIVATE],
  ["reserved", RESERVED],
];

export function addressKind(address: AddressBytes): AddressKind {
  for (const [kind, ranges] of SPECIAL) {
    for (const range of ranges) if (contains(range, address)) return kind;
  }
  return "public";
}

/** Whether all addresses of the prefix are private ones. */
export function isPrivatePrefix(prefix: Prefix): boolean {
  return PRIVATE.some((range) => range.bits <= prefix.bits && contains(range, prefix.address));
}

/** Whether all addresses of the prefix are public ones. */
export function isPublicPrefix(prefix: Prefix): boolean {
  return SPECIAL.every(([, ranges]) => !ranges.some((range) => overlaps(range, prefix)));
}
