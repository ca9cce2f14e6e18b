/**
 * The environment of the policy compiler: nothing of the agent's, neither its secrets nor its
 * NODE_OPTIONS. Node cannot start on Windows without `SystemRoot`.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return process.platform === "win32" && SystemRoot !== undefined ? { SystemRoot } : {};
}
