/** `tarballs [DIR]`: builds and packs every public package into a folder, for projects outside this repository. */
import { join, relative, resolve } from "node:path";
import { packAll } from "./pack.ts";

const ROOT = join(import.meta.dirname, "../../..");
const destination = resolve(process.argv[2] ?? join(ROOT, "tarballs"));
const packed = packAll(ROOT, destination);
for (const { name, tarball } of packed)
  process.stdout.write(`${name.padEnd(28)} ${relative(process.cwd(), tarball)}\n`);
