import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "./bytes.ts";
import { OTHER_SIGNER, SIGNER, testKey, textOf, utf8 } from "@proclaw/conformance/tamper";
import { formatCheckpoint, formatNote, MAX_NOTE_BYTES, parseCheckpoint, parseNote, verifyNote } from "./index.ts";
import { COSIGNATURE_V1, formatVerifierKey, parseVerifierKey, verifierKey } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const unreadable = expect.objectContaining({ code: "unreadable_evidence" });
const invalid = expect.objectContaining({ code: "invalid_option" });
const signed = (text: string, ...signers: readonly (typeof SIGNER)[]): string =>
  formatNote(
    text,
    signers.map(({ key, sign }) => ({ name: key.name, keyId: key.id, signature: sign(utf8(text)) })),
  );

describe("encodings", () => {
  test("property: base64 and hex round-trip, and agree with Buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
      { seed: 3 },
    );
  });

  test.each([
    "A",
    "AA",
    "AAA",
    "AAAAA",
    "AB==",
    "AAB=",
    "A===",
    "AA=A",
    "=",
    "====",
    "AAA\n",
    " AAA",
    "AA-_",
    "AAAA==",
  ])("base64 that another decoder would read, %j, is refused", (text) =>
    expect(() => fromBase64(text)).toThrow(unreadable),
  );

  test.each(["a", "AB", "0g", " 00"])("hex %j is refused", (text) => expect(() => fromHex(text)).toThrow(unreadable));
});

describe("verifier keys", () => {
  // From the specification's own example, c2sp.org/signed-note.
  const EXAMPLE = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

  test("the Go implementation's example key parses, and its id is computed as there", () => {
    const key = parseVerifierKey(nodeHasher, EXAMPLE);
    expect(key).toMatchObject({ name: "PeterNeumann", id: "c74f20a3", type: 1 });
    expect(formatVerifierKey(key)).toBe(EXAMPLE);
    expect(parseVerifierKey(nodeHasher, `${EXAMPLE}\n`)).toEqual(key);
  });

  test.each([
    ["another id", EXAMPLE.replace("c74f20a3", "c74f20a4")],
    ["another name", EXAMPLE.replace("Peter", "Petra")],
    ["upper-case id", EXAMPLE.replace("c74f20a3", "C74F20A3")],
    ["no name", EXAMPLE.slice("PeterNeumann".length)],
    ["two line feeds", `${EXAMPLE}\n\n`],
    ["a short key", "a+00000000+AQA="],
    ["an unknown type", formatVerifierKey({ ...SIGNER.key, type: 2 as never })],
    ["nothing", ""],
  ])("%s is refused", (_, text) => expect(() => parseVerifierKey(nodeHasher, text)).toThrow(unreadable));

  test.each(["", "a b", "a+b", "a\u2003b", "a\nb", "a\u0085b", "a\ud800"])("the name %j is refused", (name) => {
    expect(() => verifierKey(nodeHasher, name, new Uint8Array(32))).toThrow(unreadable);
  });

  test("one key has different ids as a log's and as a witness's", () => {
    const witness = verifierKey(nodeHasher, SIGNER.key.name, SIGNER.key.publicKey, COSIGNATURE_V1);
    expect(witness.id).not.toBe(SIGNER.key.id);
    expect(parseVerifierKey(nodeHasher, formatVerifierKey(witness))).toEqual(witness);
  });
});

describe("notes", () => {
  // The example of golang.org/x/mod/sumdb/note, signed by PeterNeumann.
  const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const EXAMPLE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
  const KEY = parseVerifierKey(nodeHasher, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");

  test("the Go implementation's example verifies", async () => {
    const note = parseNote(EXAMPLE);
    expect(note.text).toBe(TEXT);
    expect(await verifyNote(note, [KEY], nodeEd25519Verify)).toEqual({ verified: [KEY], failed: [], unknown: [] });
    expect(formatNote(note.text, note.signatures)).toBe(EXAMPLE);
  });

  test("text may hold blank lines: the last one parts it from the signatures", () => {
    const text = "a\n\nb\n\n\nc\n";
    expect(parseNote(signed(text, SIGNER)).text).toBe(text);
  });

  test.each([
    ["no blank line", EXAMPLE.replace("\n\n", "\n")],
    ["no signature", `${TEXT}\n`],
    ["no line feed at the end", EXAMPLE.slice(0, -1)],
    ["something after the signatures", `${EXAMPLE}x`],
    ["a blank line after the signatures", `${EXAMPLE}\n`],
    ["another dash", EXAMPLE.replace("—", "-")],
    ["two spaces", EXAMPLE.replace("— ", "—  ")],
    ["a tab in the text", EXAMPLE.replace("If you", "If\tyou")],
    ["a carriage return", EXAMPLE.replaceAll("\n", "\r\n")],
    ["base64 without padding", EXAMPLE.replace("nAM=\n", "nAM\n")],
    ["a signature that is only a key id", `${TEXT}\n— PeterNeumann x08gow==\n`],
    ["a name with a plus", EXAMPLE.replace("— Peter", "— Pe+er")],
    ["a name with a no-break space", EXAMPLE.replace("— Peter", "— Pe\u00a0er")],
    ["65 signatures", `${TEXT}\n${EXAMPLE.slice(TEXT.length + 1).repeat(65)}`],
    ["too many bytes", `${"x".repeat(MAX_NOTE_BYTES)}\n${EXAMPLE}`],
    ["nothing", ""],
  ])("%s is refused", (_, text) => expect(() => parseNote(text)).toThrow(unreadable));

  test("bytes that are not UTF-8 are refused", () => {
    expect(() => parseNote(Uint8Array.of(0xff, ...utf8(EXAMPLE)))).toThrow(unreadable);
  });

  test("unknown signers are ignored but named; a name or an id alone makes nobody known", async () => {
    const text = "text\n";
    const note = parseNote(signed(text, SIGNER, OTHER_SIGNER));
    const verdict = await verifyNote(note, [SIGNER.key], nodeEd25519Verify);
    expect(verdict).toMatchObject({ verified: [SIGNER.key], failed: [] });
    expect(verdict.unknown.map(({ name }) => name)).toEqual([OTHER_SIGNER.key.name]);
    const sameName = testKey(SIGNER.key.name, 9).key;
    const sameId = { ...OTHER_SIGNER.key, id: SIGNER.key.id };
    expect(await verifyNote(parseNote(signed(text, SIGNER)), [sameName, sameId], nodeEd25519Verify)).toMatchObject({
      verified: [],
      failed: [],
      unknown: [{ name: SIGNER.key.name }],
    });
  });

  test("a bad signature by a known key is a failure, however many good ones stand beside it", async () => {
    const [one, two] = [parseNote(signed("one\n", SIGNER)), parseNote(signed("two\n", SIGNER, OTHER_SIGNER))];
    const mixed = { text: "two\n", signatures: [...one.signatures, ...two.signatures] };
    const verdict = await verifyNote(mixed, [SIGNER.key, OTHER_SIGNER.key], nodeEd25519Verify);
    expect(verdict).toMatchObject({ verified: [SIGNER.key, OTHER_SIGNER.key], failed: [SIGNER.key] });
  });

  test("a verifier that throws has not verified", async () => {
    const verdict = await verifyNote(parseNote(EXAMPLE), [KEY], () => {
      throw new Error("no crypto here");
    });
    expect(verdict).toMatchObject({ verified: [], failed: [KEY] });
  });

  test("WebCrypto fits as verifier", async () => {
    const webCrypto = async (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> => {
      const key = await crypto.subtle.importKey("raw", new Uint8Array(publicKey), "Ed25519", false, ["verify"]);
      return crypto.subtle.verify("Ed25519", key, new Uint8Array(signature), new Uint8Array(message));
    };
    expect(await verifyNote(parseNote(EXAMPLE), [KEY], webCrypto)).toMatchObject({ verified: [KEY] });
    expect(await verifyNote({ ...parseNote(EXAMPLE), text: "x\n" }, [KEY], webCrypto)).toMatchObject({ failed: [KEY] });
  });

  test("what would not be a note is not written", () => {
    const signature = { name: "a", keyId: "00000000", signature: new Uint8Array(64) };
    expect(() => formatNote("no line feed", [signature])).toThrow(invalid);
    expect(() => formatNote("text\n", [])).toThrow(invalid);
    expect(() => formatNote("text\n", [{ ...signature, name: "a b" }])).toThrow(invalid);
  });
});

describe("checkpoints", () => {
  const root = new Uint8Array(32).fill(7);

  test("property: round trip", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, bytes) => {
        const checkpoint = { origin: "proclaw.log/x", size, root: bytes };
        expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
      }),
      { seed: 4 },
    );
  });

  test("the specification's example", () => {
    const note = parseNote(
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
    );
    expect(parseCheckpoint(note.text)).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
  });

  const good = formatCheckpoint({ origin: "o", size: 10, root });
  test.each([
    ["a leading zero", good.replace("\n10\n", "\n010\n")],
    ["a sign", good.replace("\n10\n", "\n+10\n")],
    ["a size that is not decimal", good.replace("\n10\n", "\n0x10\n")],
    ["a size that a double cannot hold", good.replace("\n10\n", "\n9007199254740993\n")],
    ["an empty size", good.replace("\n10\n", "\n\n")],
    ["an empty origin", good.slice(1)],
    ["a short root", good.replace(/[^\n]+\n$/, "AAAA\n")],
    ["an extension line", `${good}more\n`],
    ["no last line feed", good.slice(0, -1)],
    ["nothing", ""],
  ])("%s is refused", (_, text) => expect(() => parseCheckpoint(text)).toThrow(unreadable));

  test("parts that make no checkpoint are not written", () => {
    expect(() => formatCheckpoint({ origin: "a\nb", size: 1, root })).toThrow(invalid);
    expect(() => formatCheckpoint({ origin: "a", size: -1, root })).toThrow(invalid);
    expect(() => formatCheckpoint({ origin: "a", size: 1, root: root.subarray(1) })).toThrow(invalid);
    expect(textOf(utf8(good))).toBe(good);
  });
});
