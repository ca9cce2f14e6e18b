import { describe, expect, it } from "vitest";
import { child, childText, parseXml, writeXml } from "./xml.ts";

describe("reading", () => {
  it("takes namespaces, attributes, empty elements and entities", () => {
    const root = parseXml('<?xml version="1.0"?>\n<s3:A xmlns:s3="x" b="1"><C>a&amp;b&#x21;&#33;</C><D/></s3:A>\n');
    expect(root.name).toBe("A");
    expect(childText(root, "C")).toBe("a&b!!");
    expect(child(root, "D")?.children).toEqual([]);
    expect(child(root, "E")).toBeUndefined();
  });

  it.each([
    "",
    "text",
    "<A>",
    "<A></B>",
    "</A>",
    "<A/><B/>",
    "<A><B></A></B>",
    "<A><</A>",
    "<A>x",
    '<!DOCTYPE A [<!ENTITY e "x">]><A>&e;</A>',
    "<A><!-- c --></A>",
    "<A><![CDATA[x]]></A>",
  ])("refuses %j", (source) => {
    expect(() => parseXml(source)).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });

  it("refuses an element that is there twice", () => {
    const root = parseXml("<A><Mode>COMPLIANCE</Mode><Mode>GOVERNANCE</Mode></A>");
    expect(() => childText(root, "Mode")).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });
});

it("writes lists as repeated elements, leaves null out, and escapes", () => {
  const xml = writeXml("R", { A: ["x", "y"], B: null, C: { D: true }, E: '<&">' }, "");
  expect(xml).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<R><A>x</A><A>y</A><C><D>true</D></C><E>&lt;&amp;&quot;&gt;</E></R>',
  );
});

it("what was written reads back", () => {
  for (const text of ["<&>\"'", "é𝄞", " a ", "]]>"]) {
    expect(child(parseXml(writeXml("R", { A: text })), "A")?.text).toBe(text);
  }
});
