import { setTimeout as sleep } from "node:timers/promises";
import type { VaultRow } from "../migration/index.js";

export const betweenStepsMs = 20;

/** What one recursive read showed, and the folders that were written to since it began. */
interface Look {
  readonly rows: readonly VaultRow[];
  readonly writtenSince: Set<string>;
}

/**
 * The values below one folder as a run sees them: one look for all of its resources. It begins with the program's own look, and
 * without one (another process's) nothing is used twice. A look is used again only for folders that nothing of this run has written
 * to since it began; what others write meanwhile is what a *fresh* look is for, which is taken before anything is written over,
 * after every write, and before the flag turns on.
 */
export class Inventory {
  #seeded = false;
  /** How many writes have begun. */
  #writes = 0;
  #last: Look | undefined;
  #next: Promise<readonly VaultRow[]> | undefined;
  /** Writes under way, by folder; those that wait for their turn are among them. */
  readonly #writing: string[] = [];
  #onQuiet: (() => void)[] = [];
  /** Looks whose list of written folders still grows. */
  readonly #looks = new Set<Set<string>>();

  constructor(private readonly read: () => Promise<readonly VaultRow[]>) {}

  /** What the program of this run has just read. */
  seed(rows: readonly VaultRow[]): void {
    this.#seeded = true;
    this.#keep({ rows, writtenSince: this.#watched() });
  }

  /** The last look, where nothing of this run has been written since it began. */
  get settled(): readonly VaultRow[] | undefined {
    return this.#last?.writtenSince.size === 0 ? this.#last.rows : undefined;
  }

  /** The last look, where it still says what is at these folders; else a fresh one. */
  async latest(folders: readonly string[]): Promise<{ readonly rows: readonly VaultRow[]; readonly fresh: boolean }> {
    const last = this.#last;
    if (last && !folders.some((folder) => last.writtenSince.has(folder))) return { rows: last.rows, fresh: false };
    return { rows: await this.fresh(), fresh: true };
  }

  /**
   * A look that begins after this call, and after every write that is under way: whoever asks before it begins shares it, so that
   * the sets of an update are read back together.
   */
  fresh(): Promise<readonly VaultRow[]> {
    this.#next ??= this.#quiet().then(() => {
      this.#next = undefined;
      return this.#look();
    });
    return this.#next;
  }

  /** Does a write to a folder. However it ends, what earlier looks showed of the folder is not true any more. */
  async writing<T>(folder: string, write: () => Promise<T>): Promise<T> {
    this.#writes += 1;
    this.#writing.push(folder);
    for (const written of this.#looks) written.add(folder);
    try {
      return await write();
    } finally {
      this.#writing.splice(this.#writing.indexOf(folder), 1);
      for (const written of this.#looks) written.add(folder);
      if (this.#writing.length === 0) for (const go of this.#onQuiet.splice(0)) go();
    }
  }

  /** Until no write is under way, and none has begun for as long as the engine takes to record a step and begin another. */
  async #quiet(): Promise<void> {
    for (let seen = -1; seen !== this.#writes; ) {
      seen = this.#writes;
      await sleep(betweenStepsMs);
      while (this.#writing.length > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve));
    }
  }

  async #look(): Promise<readonly VaultRow[]> {
    const writtenSince = this.#watched();
    try {
      const rows = await this.read();
      if (this.#seeded) this.#keep({ rows, writtenSince });
      return rows;
    } finally {
      if (this.#last?.writtenSince !== writtenSince) this.#looks.delete(writtenSince);
    }
  }

  #watched(): Set<string> {
    const written = new Set(this.#writing);
    this.#looks.add(written);
    return written;
  }

  #keep(look: Look): void {
    if (this.#last) this.#looks.delete(this.#last.writtenSince);
    this.#last = look;
  }
}
