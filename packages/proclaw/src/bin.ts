#!/usr/bin/env node
// Imported by the call, not by this file: `runProcess` tells an old Node that it is one.
await (await import("@proclaw/cli")).runProcess();
