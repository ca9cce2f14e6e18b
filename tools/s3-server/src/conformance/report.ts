import type { ConformanceCase } from "./case.ts";
import type { Column } from "./run.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const SOURCE = /\/([\w-]+)\.html$/;

/** The table of cases and columns in Markdown, rows that differ between AWS and Ceph in bold. */
export function conformanceTable(cases: readonly ConformanceCase[], columns: readonly Column[]): string {
  const rows = cases.map((testCase, index) => {
    const differs = testCase.ceph !== undefined && testCase.ceph !== testCase.aws;
    const title = differs ? `**${cell(testCase.title)}**` : cell(testCase.title);
    const page = SOURCE.exec(testCase.source)?.[1];
    const source = page === undefined ? testCase.source : `[${page}](${testCase.source})`;
    const outcomes = columns.map(({ outcomes: all }) => `\`${cell(all[index] ?? "not run")}\``);
    return `| ${testCase.group} | ${title} | ${[...outcomes, source].join(" | ")} |`;
  });
  const titles = ["", "what is done", ...columns.map(({ title }) => title), "AWS's page"];
  return [`| ${titles.join(" | ")} |`, `|${"---|".repeat(titles.length)}`, ...rows].join("\n");
}

/** The page `docs/audit/s3-conformance.md`. */
export function conformancePage(
  cases: readonly ConformanceCase[],
  columns: readonly Column[],
  cephVersion: string,
): string {
  const differing = cases.filter(({ aws, ceph }) => ceph !== undefined && ceph !== aws).length;
  return `# S3 with Object Lock: AWS and Ceph, case by case

Written by \`node --conditions @proclaw/source tools/s3-server/src/conformance/main.ts --write\` on Ceph RGW ${cephVersion}.

${cases.length} cases, ${differing} of them (in bold) with another outcome on Ceph than on AWS. Each was carried out on the in-repo server in its two manners and on a real Ceph; \`.ci/run\` does it again and fails where the Ceph manner and Ceph itself differ. AWS itself was not asked: its column is what our AWS manner does, and what AWS's page (last column) says was read, not measured.

${conformanceTable(cases, columns)}
`;
}
