import type { JsonValue } from "@proclaw/core";

/*
 * A small vocabulary that policies and calls share, so that random calls often come close to
 * random rules.
 */
export const TOOLS: readonly string[] = ["t", "fs.read", "fs.write", "http.get", "Ünï"];
export const TOOL_PATTERNS: readonly string[] = [
  "t",
  "fs.read",
  "fs.write",
  "http.get",
  "fs.*",
  "*",
  "*.get",
  "f*r*",
  "Ünï",
  "other",
];
export const ROLES: readonly string[] = ["nurse", "staff", "person", "admin", "guest"];
export const AGENTS: readonly string[] = ["agent-a", "agent-b", "agent-c"];
export const SESSIONS: readonly string[] = ["s1", "s2"];
export const PRINCIPALS: readonly string[] = ["ann", "bob"];
export const VARIABLES: readonly string[] = ["v", "w", "typed", "place", "nowhere"];

/** Names of arguments, as constraints address them. */
export const ARGUMENTS: readonly string[] = [
  "x",
  "y",
  "path",
  "url",
  "amount",
  "tags",
  "meta",
  "meta.source",
  "meta.level",
  "/meta/source",
  "/tags/0",
  "/tags/1/k",
  "/a.b",
  "args.time_window",
  "args.network",
  "constructor",
  "toString",
  "__proto__",
];

export const STRINGS: readonly string[] = [
  "a",
  "b",
  "ab",
  "abc",
  "",
  "A",
  "aab",
  "a.b",
  "é",
  "😀",
  "a\nb",
  "5",
  "true",
  "null",
  "${v}",
  "line\u2028end",
];
export const NUMBERS: readonly number[] = [0, 1, 2, 3, -1, 5, 200, 0.1, -0, 1e308, 9007199254740992];
export const PATHS: readonly string[] = [
  "/srv/notes/a.md",
  "/srv/notes",
  "/srv/notes/../x",
  "/srv//notes/b.txt",
  "/etc/passwd",
  "/srv/notes-2/a.md",
  "a.md",
  "../etc/x",
  "/srv/notes/",
  "/srv/./notes/./a.md",
  "~/a.md",
  "C:\\srv\\a.md",
  "file:///srv/a.md",
  "/srv/a\0.md",
  "/srv/..",
  "/../../srv/x",
  ".",
  "@a.md",
  "@/srv/notes/a.md",
  "/srv/notes/a\u00a0b.md",
  "/srv/notes/a b.md",
  "/srv/e\u0301/a.md",
  "/srv/b/a",
  "/srv/x.e\u0301",
];
export const PLACES: readonly string[] = [
  "/srv/notes",
  "/srv",
  "/etc",
  "/",
  "/home/${v}",
  "/srv/${v}",
  "/srv/.${w}/x",
  "${v}",
  "${place}",
  "/srv/\u00e9",
];
export const EXTENSIONS: readonly string[] = [".md", ".txt", ".${v}", "${w}", ".\u00e9"];
export const TIMES: readonly string[] = [
  "08:00",
  "07:59",
  "18:00:00",
  "23:30",
  "5:00",
  "24:00",
  "2026-03-29T02:30",
  "2026-07-01 12:00:00.5",
  "2026-03-29T01:30:00Z",
  "2026-10-25T01:30:00+02:00",
  "2026-02-30T12:00:00Z",
  "2026-06-30T23:59:60Z",
  "2026-11-01T05:45:00-05:30",
  "2026-13-01T12:00",
];
export const PROGRAMS: readonly string[] = ["git", "ls", "/usr/bin/git", "rm", "npm"];
export const SUBCOMMANDS: readonly string[] = ["status", "diff", "push", "a=b"];
export const WRAPPING_PROGRAMS: readonly string[] = ["env", "sudo", "python3.12", "/bin/sh", "find"];
export const COMMANDS: readonly string[] = [
  "git status",
  "git",
  "git  status\t-s",
  " git diff ",
  "git -c a=b status",
  "git push --force origin +main",
  "/usr/bin/git status",
  "/tmp/git status",
  "GIT status",
  "./git status",
  "ls",
  "ls; rm -rf /",
  "ls && git status",
  "ls | rm",
  "ls > /tmp/x",
  "ls $HOME",
  "ls ~",
  "ls *",
  "ls 'a b'",
  "A=b ls",
  "ls a=b",
  "ls =rm",
  "=ls",
  "-ls",
  "ls\nrm -rf /",
  "ls\rrm",
  "ls\u00a0rm",
  "env git status",
  "sudo ls",
  "/bin/sh -c ls",
  "python3.12 x.py",
  "python3 x.py",
  "lua-5.4 x",
  "find . -delete",
  "rm -rf /",
  "/bin/rm x",
  "npm status",
  "npm a=b",
  " ",
  "ls #x",
  "ls \\x",
  "ls\u2028rm",
];
export const HOURS: readonly string[] = ["08:00-18:00", "22:00-06:00", "00:00-24:00", "03:30-03:31"];
export const URLS: readonly string[] = [
  "https://a.example/x",
  "https://A.EXAMPLE:8443/x",
  "http://x.a.example/",
  "https://evil.example/",
  "http://10.0.0.1/",
  "http://127.1/",
  "http://0x7f000001/",
  "http://[::1]/",
  "http://[fd00::1]/",
  "http://169.254.169.254/",
  "http://8.8.8.8/",
  "https://user@a.example/x",
  "https://a.example./v1/x",
  "http://[::ffff:10.0.0.1]:8080/v1/x/y",
  "http://db/",
  "http://db.internal/",
  "http://wiki.corp.example/",
  "ftp://a.example/",
  "ssh://167772161/",
  "ssh://a.example:22/x",
  "http://a..example/",
  "http://./",
  "mailto:bob@a.example",
  "not a url",
];
export const ADDRESSES: readonly string[] = [
  "10.0.0.1",
  "8.8.8.8",
  "127.0.0.1",
  "fd00::1",
  "2001:4860:4860::8888",
  "::ffff:10.0.0.1",
  "010.0.0.1",
  "127.1",
  "a.example:443",
  "a.example.",
  "db",
  "a..b",
  ".",
];
export const EMAILS: readonly string[] = [
  "bob@a.example",
  "bob@x.A.example",
  "bob@b.example",
  "a@b@a.example",
  "Bob <bob@a.example>",
  "mailto:bob@a.example",
  "bob@a..example",
  "bob@.a.example",
  "bob@a.example.",
  "b\u212a@a.example",
  "bob",
];
/** What only a data-class step notices. */
export const SENSITIVE: readonly string[] = [
  "4111 1111 1111 1111",
  "pay 5555555555554444 now",
  "-----BEGIN PRIVATE KEY-----\nx",
  "password=hunter22",
];

/** Patterns of the accepted subset, with strings on both sides of them. */
export const PATTERNS: readonly string[] = [
  "[a-c]+",
  "a|bc",
  ".",
  "a.b",
  "(ab){1,2}",
  "\\p{L}*",
  "[^a]*",
  "a?b?c?",
  "\\d+",
  "^a",
  "b$",
  "é|😀",
];
export const WHOLE_PATTERNS: readonly string[] = ["^[a-c]+$", "^a|b$", "^.$", "^\\d*$", "^(a|ab)(c|bcd)?$"];
export const GLOBS: readonly string[] = [
  "*",
  "a*",
  "?",
  "**",
  "/srv/**",
  "/srv/*/a.md",
  "/srv/notes*",
  "*.md",
  "a?b",
  "${v}*",
  "/home/${w}/*",
];
export const WINDOWS: readonly JsonValue[] = [
  "08:00-18:00",
  "22:00-06:00",
  { days: ["mon", "tue", "wed"], hours: "08:00-18:00" },
  { days: ["fri"], hours: "22:00-06:00" },
  [
    { days: ["sat", "sun"], hours: "00:00-12:00" },
    { days: ["mon"], hours: "09:30-10:15" },
  ],
];
export const ZONES: readonly JsonValue[] = [
  "none",
  "internal",
  "external",
  ["a.example", "*.a.example"],
  ["10.0.0.0/8", "db"],
  ["127.0.0.1"],
];
