import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { stackFile, withConfigValue } from "../config/index.js";
import { UsageError } from "../errors.js";

/** A stack file that is changed for a command and can be put back, byte for byte. */
export class ConfigFile {
  readonly path: string;
  readonly #before: Buffer;

  constructor(projectDir: string, stack: string) {
    this.path = stackFile(projectDir, stack);
    this.#before = readFileSync(this.path);
  }

  set(key: string, value: boolean): void {
    try {
      this.#write(withConfigValue(this.#before.toString("utf8"), key, value));
    } catch (error) {
      throw new UsageError(
        `${this.path}: ${(error as Error).message}. Set console-vault:${key}: ${value} there yourself.`,
      );
    }
  }

  putBack(): void {
    this.#write(this.#before);
  }

  /** In one step, so that an interruption leaves the old file or the new one. */
  #write(content: string | Buffer): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    writeFileSync(temporary, content);
    renameSync(temporary, this.path);
  }
}
