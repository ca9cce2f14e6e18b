import type { Place } from "../diagnostics.ts";
import { parsePrefix } from "../network/address.ts";
import { parseHost } from "../network/host.ts";
import type { ZoneMember, ZonePlan } from "../plan/types.ts";
import { NETWORK_ZONES } from "../policy.ts";
import type { Reader } from "./reader.ts";

/** `none`, `internal`, `external`, or a list of hosts and CIDRs. */
export function readZone(reader: Reader, value: unknown, place: Place, what: string): ZonePlan | undefined {
  if (Array.isArray(value)) {
    const members = reader.each(value, place, what, (item, at) => readMember(reader, item, at, what));
    return members === undefined ? undefined : { members };
  }
  const zone = reader.oneOf(value, place, what, NETWORK_ZONES);
  return zone === undefined ? undefined : { zone };
}

export function readMember(reader: Reader, value: unknown, place: Place, what: string): ZoneMember | undefined {
  const text = reader.string(value, place, what);
  if (text === undefined) return undefined;
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { kind: "cidr", address: prefix.address, bits: prefix.bits };
  if (text.startsWith("*.")) {
    const suffix = readHostName(text.slice(2));
    if (suffix !== undefined) return { kind: "suffix", suffix };
  } else {
    const host = readHostName(text);
    if (host !== undefined) return { kind: "host", host };
  }
  return reader.invalid(
    place,
    `\`${text}\` in ${what} is not a host name, \`*.suffix\`, address or CIDR`,
    text.includes("/")
      ? "a CIDR has its host bits zero, as in 10.0.0.0/8; a URL's host goes without scheme and path"
      : undefined,
  );
}

/** A host name in the form in which hosts are compared. */
export function readHostName(text: string): string | undefined {
  if (/[:*[\]]/.test(text)) return undefined;
  const host = parseHost(text);
  return host === undefined || host.name === null ? undefined : host.name;
}
