/** `engines.node` of package.json, which a test compares. */
export const NEEDED_NODE = "22.12";

/** Whether `version` (`20.20.2`) is older than {@link NEEDED_NODE}. */
export function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE.split(".").map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** On an older Node: says which one is needed, and sets exit status 2. This file must run on any. */
export function refuseOldNode(): boolean {
  const version = process.versions.node;
  if (!isOldNode(version)) return false;
  process.stderr.write(`error: ProClaw needs Node ${NEEDED_NODE} or newer, this is ${version}\n`);
  process.exitCode = 2;
  return true;
}
