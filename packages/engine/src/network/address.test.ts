import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import {
  contains,
  containsPrefix,
  overlaps,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parsePrefix,
  type Prefix,
} from "./address.ts";
import { parseHost } from "./host.ts";
import { addressKind } from "./ranges.ts";

describe("against ipaddr.js", () => {
  test("property: addresses parse to the same bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        // ipaddr.js reads `::1.2.3.4` as an IPv4-mapped address; RFC 4291 section 2.5.5.1 and WHATWG do not.
        fc.pre(!/^::\d+\./.test(text));
        expect(parseAddress(text)).toEqual(ipaddr.process(text).toByteArray());
      }),
      { seed: 5, numRuns: 3000 },
    );
  });

  test("property: what one reads as a standard form, so does the other", () => {
    const near = fc.oneof(
      fc.stringMatching(/^[0-9.]{1,16}$/),
      fc.stringMatching(/^[0-9a-f:.]{2,40}$/),
      fc
        .array(fc.constantFrom("0", "1", "ffff", "", "::", ":", "1.2.3.4", "fe80"), { maxLength: 9 })
        .map((parts) => parts.join(":")),
    );
    fc.assert(
      fc.property(near, (text) => {
        expect(parseIpv4(text) !== undefined).toBe(ipaddr.IPv4.isValidFourPartDecimal(text));
        // Two forms that ipaddr.js takes and the RFC does not: a lone `:` at an end, `::` for nothing.
        if (parseIpv6(text) !== undefined) expect(ipaddr.IPv6.isValid(text)).toBe(true);
        else if (ipaddr.IPv6.isValid(text)) expect(URL.canParse(`http://[${text}]/`)).toBe(false);
      }),
      { seed: 6, numRuns: 5000 },
    );
  });

  test("property: prefixes hold the same addresses", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128))),
        ([network, address, bits]) => {
          const base = ipaddr.parse(network);
          const range =
            base.kind() === "ipv4"
              ? ipaddr.IPv4.networkAddressFromCIDR(`${network}/${bits}`)
              : ipaddr.IPv6.networkAddressFromCIDR(`${network}/${bits}`);
          const prefix: Prefix = { address: range.toByteArray(), bits };
          expect(contains(prefix, ipaddr.parse(address).toByteArray())).toBe(
            ipaddr.parse(address).match(range as never, bits),
          );
          expect(contains(prefix, ipaddr.parse(network).toByteArray())).toBe(true);
        },
      ),
      { seed: 7, numRuns: 3000 },
    );
  });

  test("property: no address is public or private that ipaddr.js takes for something else", () => {
    const some = fc
      .tuple(
        fc.constantFrom(10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 0, 8, 255),
        fc.nat(255),
        fc.nat(255),
        fc.nat(255),
      )
      .map((bytes) => bytes.join("."));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), some), (text) => {
        const address = ipaddr.process(text);
        const kind = addressKind(address.toByteArray());
        const theirs = address.range();
        const fits: Readonly<Record<string, readonly string[]>> = {
          public: ["unicast"],
          private: ["private", "uniqueLocal", "carrierGradeNat"],
          loopback: ["loopback"],
          link_local: ["linkLocal"],
        };
        expect(fits[kind] ?? [theirs]).toContain(theirs);
      }),
      { seed: 8, numRuns: 5000 },
    );
  });
});

test.each([
  ["8.8.8.8", "public"],
  ["10.0.0.1", "private"],
  ["100.64.0.1", "private"],
  ["fd12::1", "private"],
  ["::ffff:10.0.0.1", "private"],
  ["127.0.0.1", "loopback"],
  ["::1", "loopback"],
  ["169.254.1.1", "link_local"],
  ["fe80::1%eth0", "link_local"],
  ["169.254.169.254", "metadata"],
  ["fd00:ec2::254", "metadata"],
  ["0.0.0.0", "reserved"],
  ["::", "reserved"],
  ["224.0.0.1", "reserved"],
  ["64:ff9b::a00:1", "reserved"],
  ["2002:a00:1::", "reserved"],
  ["2606:4700::1", "public"],
])("%s is %s", (text, kind) => {
  expect(addressKind(parseAddress(text) as never)).toBe(kind);
});

test.each([
  ["127.1", "127.0.0.1"],
  ["0x7f.1", "127.0.0.1"],
  ["2130706433", "127.0.0.1"],
  ["0177.0.0.1", "127.0.0.1"],
  ["１２７.0.0.1", "127.0.0.1"],
  ["127。0。0。1", "127.0.0.1"],
  ["[::ffff:7f00:1]", "127.0.0.1"],
])("the host parser undisguises %s", (text, address) => {
  expect(parseHost(text)?.address?.join(".")).toBe(address);
});

test.each([
  "",
  " a",
  "a b",
  "a/b",
  "a@b",
  "a#b",
  "a?b",
  "a\\b",
  "a\tb",
  "a..b",
  ".a",
  "1.2.3.4.5",
  "999.1.1.1",
  "[::1",
  "exa%00mple",
])("%j is no host", (text) => {
  expect(parseHost(text)).toBeUndefined();
});

test("names are compared in lower-case ASCII without a final dot", () => {
  expect(parseHost("EXAMPLE.com.")?.name).toBe("example.com");
  expect(parseHost("bücher.example")?.name).toBe("xn--bcher-kva.example");
  expect(parseHost("a.example:8080")?.name).toBe("a.example");
});

test.each(["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "/8", "10.0.0/8", "a/8", "::1%eth0"])(
  "%s is no prefix",
  (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  },
);

test("an IPv4-mapped prefix is one of IPv4", () => {
  expect(parsePrefix("::ffff:10.0.0.0/104")).toEqual({ address: [10, 0, 0, 0], bits: 8 });
});

test.each<[text: string, address: string | undefined]>([
  ["1.2.3.4", "1.2.3.4"],
  ["255.255.255.255", "255.255.255.255"],
  ["1.2.3.256", undefined],
  ["1.2.3", undefined],
  ["1.2.3.4.5", undefined],
  ["01.2.3.4", undefined],
  ["1.2.3.", undefined],
  ["1.2.3.4a", undefined],
  ["::", Array(16).fill(0).join(".")],
  ["1:2:3:4:5:6:7:8", "0.1.0.2.0.3.0.4.0.5.0.6.0.7.0.8"],
  ["1:2:3:4:5:6:7", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["1:2:3:4:5:6:7::", "0.1.0.2.0.3.0.4.0.5.0.6.0.7.0.0"],
  // `::` stands for at least one group.
  ["1:2:3:4::5:6:7:8", undefined],
  ["1:2:3:4:5::6:7:8:9", undefined],
  ["1::2::3", undefined],
  ["1:2:3:4:5:6:1.2.3.4", "0.1.0.2.0.3.0.4.0.5.0.6.1.2.3.4"],
  ["1::1.2.3.4", "0.1.0.0.0.0.0.0.0.0.0.0.1.2.3.4"],
  // An IPv4 address ends the text and stands nowhere else.
  ["1:2:3:4:5:1.2.3.4:6", undefined],
  ["1.2.3.4::", undefined],
  ["1.2.3.4::1", undefined],
  ["1:1.2.3.4::1", undefined],
  ["1::1.2.3.4:1", undefined],
  ["1::1.2.3.256", undefined],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["::fffe:10.0.0.1", "0.0.0.0.0.0.0.0.0.0.255.254.10.0.0.1"],
  ["::feff:10.0.0.1", "0.0.0.0.0.0.0.0.0.0.254.255.10.0.0.1"],
  ["1::ffff:10.0.0.1", "0.1.0.0.0.0.0.0.0.0.255.255.10.0.0.1"],
  ["fe80::1%eth0", "254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1"],
  ["fe80::1%", undefined],
  ["fe80::1%eth0%eth1", undefined],
  ["fe80::%eth0:1", undefined],
  ["1%eth0:2::", undefined],
  [`fe80::1%${"z".repeat(64)}`, "254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1"],
  [`fe80::1%${"z".repeat(65)}`, undefined],
])("%s is the address %s", (text, address) => {
  expect(parseAddress(text)?.join(".")).toBe(address);
});

test.each<[text: string, prefix: string | undefined]>([
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.0.0.1", "10.0.0.1/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["255.255.255.255/32", "255.255.255.255/32"],
  ["10.0.0.0/33", undefined],
  ["128.0.0.0/1", "128.0.0.0/1"],
  ["192.0.0.0/1", undefined],
  ["::/0", `${Array(16).fill(0).join(".")}/0`],
  ["::/129", undefined],
  ["::1", `${Array(15).fill(0).join(".")}.1/128`],
  ["fe80::1%eth0", undefined],
  ["fe80::%eth0/10", undefined],
  // The whole of the mapped addresses is all of IPv4; more than them is IPv6.
  ["::ffff:0:0/96", "0.0.0.0/0"],
  ["::ffff:0:0/95", undefined],
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
])("%s is the prefix %s", (text, wanted) => {
  const prefix = parsePrefix(text);
  expect(prefix === undefined ? undefined : `${prefix.address.join(".")}/${prefix.bits}`).toBe(wanted);
});

test.each<[outer: string, inner: string, within: boolean, common: boolean]>([
  ["10.0.0.0/8", "10.0.0.0/8", true, true],
  ["10.0.0.0/8", "10.1.0.0/16", true, true],
  ["10.0.0.0/8", "10.0.0.0/7", false, true],
  ["10.0.0.0/8", "11.0.0.0/8", false, false],
  ["10.0.0.0/9", "10.128.0.0/9", false, false],
  ["0.0.0.0/0", "10.1.0.0/16", true, true],
  ["10.0.0.0/8", "fd00::/8", false, false],
])("%s holds %s", (outer, inner, within, common) => {
  const [a, b] = [parsePrefix(outer) as Prefix, parsePrefix(inner) as Prefix];
  expect(containsPrefix(a, b)).toBe(within);
  expect(overlaps(a, b)).toBe(common);
  expect(overlaps(b, a)).toBe(common);
});

test("a host has at most 1024 characters", () => {
  expect(parseHost("a".repeat(1024))?.name).toHaveLength(1024);
  expect(parseHost("a".repeat(1025))).toBeUndefined();
  expect(parseHost("fd00::1")?.address).toHaveLength(16);
});
