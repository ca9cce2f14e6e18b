/* A thread of `verifyTrailParallel`: verifies logs of the trail in a folder. */
import { workerData } from "node:worker_threads";
import { openFileSource } from "@proclaw/audit";
import { serveLogs } from "@proclaw/verify/node";

serveLogs(() => openFileSource(String(workerData)));
