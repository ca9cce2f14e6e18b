#!/usr/bin/env node
import { runProcess } from "@proclaw/cli";

await runProcess();
