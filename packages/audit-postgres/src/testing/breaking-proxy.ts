import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A relay to a server that cuts connections where it is told to, also in the middle of a message. */
export class BreakingProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();
  /** Bytes that still pass, both directions together; null: all. */
  #left: number | null = null;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server.on("connection", (client) => this.#relay(client));
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts everything after this many more bytes. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  /** Whether the cut has happened. */
  get hasCut(): boolean {
    return this.#left === null;
  }

  #relay(client: Socket): void {
    const server = createConnection(this.#target.port, this.#target.host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on("data", (chunk: Buffer) => {
        if (this.#left === null) {
          to.write(chunk);
          return;
        }
        const passing = chunk.subarray(0, this.#left);
        this.#left -= passing.length;
        to.write(passing);
        if (this.#left > 0) return;
        this.#left = null;
        // What was written still goes out; nothing after it does.
        for (const socket of this.#sockets) socket.end();
        for (const socket of this.#sockets) socket.destroySoon();
      });
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
