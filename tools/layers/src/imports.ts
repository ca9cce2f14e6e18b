import { parseSync } from "oxc-parser";

export interface Import {
  /** The module specifier; null if it is computed at run time. */
  readonly specifier: string | null;
  readonly line: number;
}

/** By source text: a test checks many copies of the same tree. */
const known = new Map<string, Import[]>();

/** Every way a TypeScript file can name another module, type-only ones included. */
export function importsOf(file: string, source: string): readonly Import[] {
  let imports = known.get(source);
  if (imports === undefined) known.set(source, (imports = readImports(file, source)));
  return imports;
}

function readImports(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message ?? ""}`);
  const found: Import[] = [];
  const add = (node: Node, target: unknown): void => {
    const literal = target as Node | null;
    const specifier = typeof literal?.["value"] === "string" ? literal["value"] : null;
    found.push({ specifier, line: source.slice(0, node.start).split("\n").length });
  };
  walk(program as unknown as Node, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ImportExpression":
        add(node, node["source"]);
        break;
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        if (node["source"] !== null && node["source"] !== undefined) add(node, node["source"]);
        break;
      case "TSImportType":
        add(node, (node["argument"] as Node | undefined)?.["literal"] ?? node["source"] ?? node["argument"]);
        break;
      case "TSExternalModuleReference":
        add(node, node["expression"]);
        break;
      case "CallExpression": {
        const callee = node["callee"] as Node;
        if (callee.type === "Identifier" && callee["name"] === "require") add(node, (node["arguments"] as Node[])[0]);
        break;
      }
      default:
        break;
    }
  });
  return found;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const member of Object.values(node)) {
    for (const child of Array.isArray(member) ? (member as unknown[]) : [member]) {
      if (typeof child === "object" && child !== null && typeof (child as Node).type === "string") {
        walk(child as Node, visit);
      }
    }
  }
}
