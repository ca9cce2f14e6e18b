/** What a reader must know of all parts. */
const INTRODUCTION = `# Benchmarks

Written by \`npx -y pnpm@12.21.0 bench\`; one section anew by \`… bench --only <part> --write-docs\`. What is compared runs interleaved, and answers are compared before any time is taken. Ratios are medians of the ratios within a round and are what counts; absolute times are noise on shared machines, so each section tells the load average it met.
`;

const SECTION = /<!-- part: ([a-z0-9-]+) -->\n([\s\S]*?)\n<!-- end of part: \1 -->/g;

/** The sections of a document that {@link formatDocument} made, by the name of their part. */
export function sectionsOf(document: string): ReadonlyMap<string, string> {
  return new Map(Array.from(document.matchAll(SECTION), ([, name = "", text = ""]) => [name, text]));
}

/** The document of these sections, in the order of the names; a part without a section is left out. */
export function formatDocument(names: readonly string[], sections: ReadonlyMap<string, string>): string {
  const parts = names.flatMap((name) => {
    const text = sections.get(name);
    return text === undefined ? [] : [`<!-- part: ${name} -->\n${text.trim()}\n<!-- end of part: ${name} -->\n`];
  });
  return [INTRODUCTION, ...parts].join("\n");
}
