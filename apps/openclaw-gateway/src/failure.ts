/** Something the person at the terminal can act on: told in one line, without a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";
}

const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/** Says why a package manager failed; a missing network is by far the most frequent reason. */
export function installFailure(what: string, output: string): Failure {
  const network = NETWORK.exec(output);
  if (network !== null) {
    return new Failure(
      `cannot install ${what}: the npm registry does not answer (${network[0]}); this step needs the network`,
    );
  }
  const lines = output.split("\n").filter((line) => /\b(error|ERR!|ERR_)/i.test(line) && !/A complete log/.test(line));
  const last = (lines.length > 0 ? lines : output.trim().split("\n")).slice(0, 6).join("\n  ");
  return new Failure(`cannot install ${what}:\n  ${last}`);
}
