/*
 * npm run write-tampers DIR: every tamper case as a folder, for a verifier in another language.
 */
import { writeTamperFolders } from "../write-folders.ts";

const directory = process.argv[2];
if (directory === undefined) {
  console.error("usage: write-tampers DIR");
  process.exit(2);
}
console.log(`${await writeTamperFolders(directory)} cases in ${directory}`);
