import { S3Error } from "./s3-error.ts";

/** An element read from a request: its children in order, or its text. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads the XML that S3's clients send: elements and text. No declarations of types or entities, no
 * comments, no CDATA.
 * @throws S3Error `MalformedXML`
 */
export function parseXml(source: string): XmlElement {
  const tokens = source
    .replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, "")
    .matchAll(/<(\/?)([\w:.-]+)([^<>]*?)(\/?)>|([^<]+)|(<)/g);
  const root: Draft = { name: "", children: [], text: "" };
  const open: Draft[] = [root];
  for (const [, closing, name = "", , empty, text, stray] of tokens) {
    const top = open.at(-1);
    if (top === undefined || stray !== undefined) throw malformed();
    if (text !== undefined) {
      top.text += text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, entity: string) => decodeEntity(entity) ?? whole);
      continue;
    }
    const local = name.slice(name.indexOf(":") + 1);
    if (closing === "/") {
      if (open.length < 2 || top.name !== local) throw malformed();
      open.pop();
      continue;
    }
    const element: Draft = { name: local, children: [], text: "" };
    top.children.push(element);
    if (empty !== "/") open.push(element);
  }
  const only = root.children[0];
  if (open.length !== 1 || only === undefined || root.children.length !== 1 || root.text.trim() !== "")
    throw malformed();
  return only;
}

interface Draft {
  name: string;
  children: Draft[];
  text: string;
}

function decodeEntity(entity: string): string | undefined {
  if (!entity.startsWith("#")) return ENTITIES[entity];
  const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

export function malformed(): S3Error {
  return new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** The only child of that name, or undefined. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  const found = element.children.filter((candidate) => candidate.name === name);
  if (found.length > 1) throw malformed();
  return found[0];
}

/** Text of the only child of that name, or undefined. */
export function childText(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text.trim();
}

export type XmlValue = string | number | boolean | null | readonly XmlValue[] | { readonly [name: string]: XmlValue };

/** Writes an answer; a list repeats its element, null leaves it out. */
export function writeXml(
  root: string,
  content: XmlValue,
  namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"',
): string {
  const attributes = namespace === "" ? "" : ` ${namespace}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attributes}>${inner(content)}</${root}>`;
}

function inner(content: XmlValue): string {
  if (content === null) return "";
  if (typeof content !== "object") return escape(String(content));
  if (isList(content)) return content.map(inner).join("");
  return Object.entries(content)
    .flatMap(([name, value]) => (isList(value) ? value : [value]).map((item) => [name, item] as const))
    .map(([name, value]) => (value === null ? "" : `<${name}>${inner(value)}</${name}>`))
    .join("");
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function escape(text: string): string {
  return text.replace(/[<>&"\r]/g, (c) =>
    c === "<" ? "&lt;" : c === ">" ? "&gt;" : c === "&" ? "&amp;" : c === '"' ? "&quot;" : "&#13;",
  );
}
