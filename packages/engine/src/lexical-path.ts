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
 * Refused as `unreadable`, because some tools expand them and others do not: the empty string, NUL,
 * a backslash or a drive letter (Windows forms), a leading `~` (home folders), a leading `file:`.
 *
 * @param workingDirectory absolute path; base of relative ones
 */
export function readPath(
  value: string,
  workingDirectory: string | undefined,
): { readonly path: string } | { readonly problem: PathProblem } {
  if (isUnreadable(value)) return { problem: "unreadable" };
  if (value.startsWith("/")) return { path: normalizeAbsolute(value) };
  if (workingDirectory === undefined || !workingDirectory.startsWith("/") || isUnreadable(workingDirectory)) {
    return { problem: "no_working_directory" };
  }
  return { path: normalizeAbsolute(`${workingDirectory}/${value}`) };
}

function isUnreadable(value: string): boolean {
  if (value === "" || value.includes("\0") || value.includes("\\")) return true;
  const first = value.charCodeAt(0);
  if (first === 47) return false;
  return first === 126 || /^(?:[A-Za-z]:|file:)/i.test(value);
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
