/**
 * IP addresses as bytes (4 or 16) and prefixes over them. Only the standard written forms are read
 * here; disguised IPv4 forms (`0x7f.1`, `2130706433`) come out of the WHATWG host parser already
 * undisguised. Checked against ipaddr.js in the tests.
 */
export type AddressBytes = readonly number[];

/** Dotted decimal with four parts, no leading zeros. */
export function parseIpv4(text: string): AddressBytes | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    bytes.push(byte);
  }
  return bytes;
}

/** RFC 4291 section 2.2, all three forms. */
export function parseIpv6(text: string): AddressBytes | undefined {
  if (text.length < 2 || text.length > 45 || !text.includes(":")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] as string;
    if (last && i === groups.length - 1 && group.includes(".")) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** An address in standard form; an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is its IPv4 address. A zone index (`%eth0`) is dropped. */
export function parseAddress(text: string): AddressBytes | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return ipv4;
  const ipv6 = parseIpv6(text.replace(/%[0-9A-Za-z._~-]{1,64}$/, ""));
  return ipv6 === undefined ? undefined : unmap(ipv6);
}

function unmap(address: AddressBytes): AddressBytes {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return address;
  return address[10] === 255 && address[11] === 255 ? address.slice(12) : address;
}

export interface Prefix {
  readonly address: AddressBytes;
  readonly bits: number;
}

/** `10.0.0.0/8`, or a single address. Host bits must be zero, so that nobody is surprised. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) {
    const address = text.includes("%") ? undefined : parseAddress(text);
    return address === undefined ? undefined : { address, bits: address.length * 8 };
  }
  const address = parseIpv4(text.slice(0, slash)) ?? parseIpv6(text.slice(0, slash));
  const bitsText = text.slice(slash + 1);
  if (address === undefined || !/^(?:0|[1-9][0-9]{0,2})$/.test(bitsText)) return undefined;
  const bits = Number(bitsText);
  if (bits > address.length * 8) return undefined;
  const mapped = unmap(address);
  const prefix = mapped !== address && bits >= 96 ? { address: mapped, bits: bits - 96 } : { address, bits };
  return hasHostBits(prefix) ? undefined : prefix;
}

export function hasHostBits(prefix: Prefix): boolean {
  for (let bit = prefix.bits; bit < prefix.address.length * 8; bit++) {
    if ((((prefix.address[bit >> 3] as number) >> (7 - (bit & 7))) & 1) === 1) return true;
  }
  return false;
}

export function contains(prefix: Prefix, address: AddressBytes): boolean {
  return address.length === prefix.address.length && sameBits(prefix.address, address, prefix.bits);
}

/** Whether all addresses of `inner` lie in `outer`. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return inner.bits >= outer.bits && contains(outer, inner.address);
}

/** Whether the two have an address in common. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return containsPrefix(a, b) || containsPrefix(b, a);
}

function sameBits(a: AddressBytes, b: AddressBytes, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole] as number) >> (8 - rest) === (b[whole] as number) >> (8 - rest);
}
