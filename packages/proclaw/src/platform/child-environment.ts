/**
 * Set in the policy compiler's environment. Where `process.execPath` is not Node.js but the
 * application itself (one executable file, Electron), the child would be the application again, and
 * start a child again, without end.
 */
export const COMPILING = "PROCLAW_COMPILING";

/**
 * The environment of the policy compiler: nothing of the agent's, neither its secrets nor its
 * NODE_OPTIONS. Node cannot start on Windows without `SystemRoot`; Electron starts as Node.js only
 * if told so.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return {
    [COMPILING]: "1",
    ELECTRON_RUN_AS_NODE: "1",
    ...(process.platform === "win32" && SystemRoot !== undefined ? { SystemRoot } : {}),
  };
}
