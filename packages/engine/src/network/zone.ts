import type { NetworkZone, UrlZone } from "../policy.ts";
import type { ZoneMember, ZonePlan } from "../plan/types.ts";
import { contains, containsPrefix } from "./address.ts";
import type { Host } from "./host.ts";
import { addressKind, type AddressKind, isPrivatePrefix, isPublicPrefix } from "./ranges.ts";

const INTERNAL_SUFFIXES: readonly string[] = ["internal", "local", "lan", "home.arpa"];
/** Names under which clouds serve their metadata; some would otherwise count as internal. */
const METADATA_NAMES: readonly string[] = [
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
];

/** Which kind of host it is; a name is judged by its form only, nothing is looked up. */
export function hostKind(host: Host, internalDomains: readonly string[]): AddressKind {
  if (host.address !== null) return addressKind(host.address);
  const name = host.name;
  if (METADATA_NAMES.includes(name)) return "metadata";
  if (name === "localhost" || name.endsWith(".localhost")) return "loopback";
  if (name === "localhost.localdomain" || name === "ip6-localhost" || name === "ip6-loopback") return "loopback";
  return isInternalName(name, internalDomains) ? "private" : "public";
}

function isInternalName(name: string, internalDomains: readonly string[]): boolean {
  if (!name.includes(".")) return true;
  for (const suffix of INTERNAL_SUFFIXES) if (isUnder(name, suffix)) return true;
  for (const domain of internalDomains) if (name === domain || isUnder(name, domain)) return true;
  return false;
}

function isUnder(name: string, suffix: string): boolean {
  return name.length > suffix.length + 1 && name.endsWith(suffix) && name[name.length - suffix.length - 1] === ".";
}

/** Whether a host may be reached within a zone. `none` holds no host. */
export function hostInZone(host: Host, zone: ZonePlan, internalDomains: readonly string[]): boolean {
  if ("members" in zone) return zone.members.some((member) => hostInMember(host, member));
  switch (zone.zone) {
    case "none":
      return false;
    case "internal":
      return hostKind(host, internalDomains) === "private";
    case "external": {
      const kind = hostKind(host, internalDomains);
      return kind === "private" || kind === "public";
    }
    default:
      return unknownZone(zone.zone);
  }
}

export function hostInMember(host: Host, member: ZoneMember): boolean {
  switch (member.kind) {
    case "host":
      return host.name === member.host;
    case "suffix":
      return host.name !== null && isUnder(host.name, member.suffix);
    case "cidr":
      return host.address !== null && contains(member, host.address);
    default:
      return unknownZone(member);
  }
}

/** Whether `host` is of a zone that a `url` condition names. */
export function hostInUrlZone(host: Host, zone: UrlZone, internalDomains: readonly string[]): boolean {
  return hostKind(host, internalDomains) === zone;
}

/** Whether whatever `inner` admits, `outer` admits too. */
export function zoneWithin(inner: ZonePlan, outer: ZonePlan, internalDomains: readonly string[]): boolean {
  if ("members" in inner) return inner.members.every((member) => memberWithin(member, outer, internalDomains));
  if ("members" in outer) return inner.zone === "none";
  return RANK[inner.zone] <= RANK[outer.zone];
}

const RANK: Readonly<Record<NetworkZone, number>> = { none: 0, internal: 1, external: 2 };

function memberWithin(member: ZoneMember, outer: ZonePlan, internalDomains: readonly string[]): boolean {
  if ("members" in outer) return outer.members.some((other) => memberWithinMember(member, other));
  if (outer.zone === "none") return false;
  switch (member.kind) {
    case "host":
      return hostInZone({ address: null, name: member.host }, outer, internalDomains);
    case "suffix":
      // Any name below the suffix: judged by one that is nothing but below it.
      return hostInZone({ address: null, name: `x.${member.suffix}` }, outer, internalDomains);
    case "cidr":
      return isPrivatePrefix(member) || (outer.zone === "external" && isPublicPrefix(member));
    default:
      return unknownZone(member);
  }
}

function memberWithinMember(inner: ZoneMember, outer: ZoneMember): boolean {
  if (outer.kind === "cidr") return inner.kind === "cidr" && containsPrefix(outer, inner);
  if (inner.kind === "cidr") return false;
  if (outer.kind === "host") return inner.kind === "host" && inner.host === outer.host;
  return inner.kind === "host"
    ? isUnder(inner.host, outer.suffix)
    : inner.suffix === outer.suffix || isUnder(inner.suffix, outer.suffix);
}

/** INVARIANT (unknown is refused): a discriminant nobody knows lies in no zone. */
function unknownZone(_value: never): false {
  return false;
}
