/** What a tarball may hold: the build, its sources for the source maps, data, and the documents. */
const MEANT: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|openclaw\.plugin\.json)$/,
  /^dist\/.+\.(js|js\.map|d\.ts|d\.ts\.map|json)$/,
  /^src\/.+\.(ts|json)$/,
  /^cases\/.+\.json$/,
  /^templates\/.+\.yaml$/,
  /^schema\/.+\.json$/,
];
/** Tests and their support. */
export const NEVER: RegExp = /\.(test|test-d|bench)\.|(^|\/)(fixtures|testing|node_modules)\//;
const REQUIRED = ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];

/** One sentence for every file that should not be in a tarball, or is missing from it. */
export function strayFiles(files: readonly string[]): string[] {
  const found: string[] = [];
  for (const file of files) {
    if (NEVER.test(file) || !MEANT.some((pattern) => pattern.test(file)))
      found.push(`\`${file}\` should not be packed`);
  }
  for (const file of REQUIRED) if (!files.includes(file)) found.push(`\`${file}\` is missing`);
  return found;
}
