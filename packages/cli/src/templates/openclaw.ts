/** A personal OpenClaw agent: reads its workspace, asks before it writes, never runs commands. */
export const OPENCLAW: string = `# ProClaw policy of a personal OpenClaw agent.
# Check after every change:  proclaw lint --strict FILE
# Try a call (the option takes a path by its text; the guard follows symbolic links instead):
#   proclaw check --policy FILE --assume-lexical-paths --explain --call '{"tool":"read","args":{"path":"/srv/agent/workspace/a.md"}}'
# Replace /srv/agent/workspace by the agent's own workspace folder.

version: 1
name: openclaw-personal
timezone: UTC

tools:
  read: { network: none, timeout: 10s, harmless_args: [limit, offset], aliases: { file_path: path } }
  write: { network: none, timeout: 10s, aliases: { file_path: path } }
  edit: { network: none, timeout: 10s, aliases: { file_path: path } }

rules:
  - name: read the workspace
    tool: read
    effect: allow
    constraints:
      path: { path: { within: [/srv/agent/workspace] } }

  # Writing inside the workspace is possible once a person agreed. No approver exists in this
  # version yet, so until then these calls are denied.
  - name: change the workspace
    tool: [write, edit]
    effect: require_approval
    other_args: allow
    constraints:
      path: { path: { within: [/srv/agent/workspace] } }
    reason: a person must agree before a file is changed

  # An unsandboxed shell has all rights of the agent: no pattern makes it safe.
  - name: no commands
    tool: [exec, bash, process, code_execution]
    effect: deny
    reason: this agent runs no commands

  - name: everything else
    default: true
    allow: false
`;
