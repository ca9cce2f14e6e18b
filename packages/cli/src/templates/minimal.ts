/** A small policy with one rule of each kind, for any agent. */
export const MINIMAL: string = `# ProClaw policy. A call runs only if a rule below allows it; everything else is denied.
# Check after every change:  proclaw lint --strict FILE
# Try a call (the option takes a path by its text; the guard follows symbolic links instead):
#   proclaw check --policy FILE --assume-lexical-paths --explain --call '{"tool":"read_file","args":{"path":"/srv/notes/a.md"}}'

version: 1
name: starter
timezone: UTC

# What you know of each tool. A fact that is not stated never helps a call to be allowed.
tools:
  read_file:
    network: none
    timeout: 5s
    # Arguments that need no constraint. Any other argument must stand in the rule that allows the call.
    harmless_args: [limit, offset]
  search_docs:
    network: internal
    timeout: 10s

rules:
  # Allow: the path must lie in one of these folders, after symbolic links are followed.
  - name: read project notes
    tool: read_file
    effect: allow
    constraints:
      path: { path: { within: [/srv/notes], extensions: [.md, .txt] } }

  # Allow, at most 30 times a minute for each agent, for tools inside your network only.
  - name: search the documentation
    tool: search_docs
    effect: allow
    constraints:
      query: "^[A-Za-z0-9 ,.-]+$"
      network: internal
    rate_limit: { limit: 30, per: 1m, by: agent }

  # Ask a person first. No approver exists in this version yet, so until then these calls are denied.
  - name: sending needs approval
    tool: ["send_*", "*.send"]
    effect: require_approval
    other_args: allow
    reason: a person must agree before anything is sent

  # Deny wins over every allow rule, wherever it stands. The reason is told to the model.
  - name: never the key store
    tool: "*"
    effect: deny
    constraints:
      path: { glob: "/etc/ssl/**" }
    reason: the key store is off limits

  # Says what happens to everything else. Without this rule it is denied as well.
  - name: everything else
    default: true
    allow: false
`;
