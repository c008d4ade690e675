import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Work } from "../port.js";
import { type Address, type Answer, channelVariable } from "./channel.js";

/** Longest first line that is read of a caller. */
const longestLine = 256;

/** How far the work has come. A work that ended keeps how it ended. */
type Progress =
  | { readonly is: "not asked for" | "under way" | "done" }
  | { readonly is: "failed"; readonly reason: unknown };

/**
 * Does a command's work when the program of its update says that the stack's lock is held, once, and tells the program when it
 * may go on.
 */
export class WorkHost {
  readonly #lost = new AbortController();
  readonly #sockets = new Set<Socket>();
  #progress: Progress = { is: "not asked for" };
  #ended: Promise<void> = Promise.resolve();

  private constructor(
    private readonly work: Work,
    private readonly server: Server,
    private readonly directory: string,
    private readonly address: Address,
  ) {
    server.on("connection", (socket) => this.#greet(socket));
  }

  /** Listens in a directory that only this user can enter. */
  static async open(work: Work): Promise<WorkHost> {
    const directory = await mkdtemp(join(tmpdir(), "work-"));
    const secret = randomBytes(32).toString("hex");
    const path =
      process.platform === "win32" ? `\\\\.\\pipe\\work-${randomBytes(16).toString("hex")}` : join(directory, "s");
    const server = createServer();
    const host = new WorkHost(work, server, directory, { path, secret });
    server.listen(path);
    await once(server, "listening");
    return host;
  }

  /** For the program's environment. */
  get env(): Record<string, string> {
    return { [channelVariable]: JSON.stringify(this.address) };
  }

  /**
   * Waits for work that is still under way.
   * @returns whether it was done; false where the program never asked for it
   * @throws what the work threw
   */
  async settled(): Promise<boolean> {
    await this.#ended;
    if (this.#progress.is === "failed") throw this.#progress.reason;
    return this.#progress.is === "done";
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await rm(this.directory, { recursive: true, force: true });
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let line = "";
    const onData = (chunk: Buffer) => {
      line += chunk.toString("latin1");
      if (!line.includes("\n")) {
        if (line.length > longestLine) socket.destroy();
        return;
      }
      socket.off("data", onData);
      if (isSame(line.slice(0, line.indexOf("\n")), this.address.secret)) this.#serve(socket);
      else socket.destroy();
    };
    socket.on("data", onData);
  }

  #serve(socket: Socket): void {
    const answer = (text: Answer) => socket.end(`${text}\n`);
    // One update runs its program once. Another caller is no reason to write a second time.
    if (this.#progress.is !== "not asked for") return void answer("asked twice");
    // With the program the update ends, and with the update its lock.
    socket.resume();
    socket.on("close", () => {
      if (this.#progress.is === "under way") this.#lost.abort(new LockLost());
    });
    this.#progress = { is: "under way" };
    this.#ended = this.#do().then(() => void answer(this.#progress.is === "done" ? "done" : "failed"));
  }

  async #do(): Promise<void> {
    try {
      await this.work(this.#lost.signal);
      this.#progress = { is: "done" };
    } catch (reason) {
      this.#progress = { is: "failed", reason };
    }
  }
}

/** Why work is given up when the update that held the lock for it is gone. */
class LockLost extends Error {
  override readonly name = "LockLost";
  constructor() {
    super("The update that held the stack's lock has ended, so nothing more is written without it.");
  }
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given, "latin1"), Buffer.from(secret, "latin1")];
  return a.length === b.length && timingSafeEqual(a, b);
}
