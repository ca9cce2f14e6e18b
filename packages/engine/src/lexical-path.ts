/**
 * Why a string is not read as a path: `unreadable` (a form that tools read in different ways), or
 * relative without a folder to start from.
 */
export type PathProblem = "unreadable" | "no_working_directory";

/**
 * {@link readPath} for whoever takes the path by its text for the place it leads to (tests, replay);
 * null if it cannot be read.
 */
export function lexicalPath(value: string, workingDirectory: string | undefined): string | null {
  const read = readPath(value, workingDirectory);
  return "path" in read ? read.path : null;
}

/**
 * The absolute path that a path argument names by its text alone, without looking at any file:
 * `.`, `..` and repeated separators resolved.
 *
 * Refused as `unreadable`, because some tools expand or replace them and others do not: the empty
 * string, NUL, a backslash or a drive letter (Windows forms), a leading `~` (home folders), a leading
 * `@` (a mention of a file), a leading `file:`, every Unicode space but the plain one, and white space
 * (that of `String.prototype.trim`) or a control character at either end: ` ~/x` is relative to the
 * system and a home folder to a tool that trims. The guard's resolver refuses the same.
 *
 * @param workingDirectory absolute path; base of relative ones
 */
export function readPath(
  value: string,
  workingDirectory: string | undefined,
): { readonly path: string } | { readonly problem: PathProblem } {
  if (value === "" || UNREADABLE.test(value) || TRIMMED.test(value)) return { problem: "unreadable" };
  if (value.startsWith("/")) return { path: normalizeAbsolute(value) };
  const folder = workingDirectory === undefined ? null : readPlace(workingDirectory);
  return folder === null ? { problem: "no_working_directory" } : { path: normalizeAbsolute(`${folder}/${value}`) };
}

const UNREADABLE = /^(?:[~@]|[A-Za-z]:|file:)|[\0\\\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/i;
const TRIMMED = /^[\s\p{Cc}]|[\s\p{Cc}]$/u;

/**
 * An absolute path that the host or the policy states (a resolved path, a folder, the working
 * directory), normalized; null for anything else. Nobody reads it twice, so odd spaces are allowed.
 */
export function readPlace(value: string): string | null {
  return value.startsWith("/") && !/[\0\\]/.test(value) ? normalizeAbsolute(value) : null;
}

/** Resolves `.`, `..` (which stops at the root) and empty segments; no slash at the end, except for the root. */
export function normalizeAbsolute(path: string): string {
  if (isNormal(path)) return path;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

/** An absolute path without empty, `.` and `..` segments and without a slash at the end. */
export function isNormal(path: string): boolean {
  if (path === "/") return true;
  return path.startsWith("/") && !path.endsWith("/") && !path.includes("//") && !/\/\.\.?(?:\/|$)/.test(path);
}

/** Whether a normal path is the folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false;
  return folder === "/" || path.length === folder.length || path.charCodeAt(folder.length) === 47;
}
