/*
 * A thread of `proclaw audit verify --workers`: verifies logs of the trail in a folder.
 */
import { workerData } from "node:worker_threads";
import { openFileSource } from "@proclaw/audit";
import { serveLogs } from "@proclaw/verify/node";

serveLogs(() => openFileSource(String(workerData)));
