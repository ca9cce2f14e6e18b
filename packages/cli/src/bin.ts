#!/usr/bin/env node
import { refuseOldNode } from "./node-version.ts";

// Imported only then: an old Node fails in the middle of what is newer than it.
if (!refuseOldNode()) await (await import("./run-process.ts")).runProcess();
