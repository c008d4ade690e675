import { chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import type { Catalog } from "../catalog/index.js";
import { checkedConfig, stackFile, withConfigValue } from "../config/index.js";
import { UsageError } from "../errors.js";

/** A stack file that is changed for a command and can be put back, byte for byte. */
export class ConfigFile {
  readonly path: string;
  readonly #before: Buffer;
  /** What this command wrote; undefined where it has not. */
  #written: Buffer | undefined;

  constructor(
    projectDir: string,
    private readonly stack: string,
    private readonly catalog: Catalog,
  ) {
    this.path = stackFile(projectDir, stack);
    this.#before = readFileSync(this.path);
  }

  /** @throws UsageError where a key cannot be set, or the config would be refused afterwards; then the file is as it was */
  set(values: Readonly<Record<string, boolean>>): void {
    let text = this.#before.toString("utf8");
    for (const [key, value] of Object.entries(values)) text = this.#changed(text, key, value);
    checkedConfig((parse(text) as { config: Record<string, unknown> }).config, this.stack, this.catalog);
    this.#written = Buffer.from(text);
    this.#write(this.#written);
  }

  /** @returns false for a file that somebody changed since this command wrote it: it is left as it is */
  putBack(): boolean {
    if (!this.#written) return true;
    if (!readFileSync(this.path).equals(this.#written)) return false;
    this.#write(this.#before);
    return true;
  }

  #changed(text: string, key: string, value: boolean): string {
    try {
      return withConfigValue(text, key, value);
    } catch (error) {
      throw new UsageError(
        `${this.path}: ${(error as Error).message}. Set console-vault:${key}: ${value} there yourself.`,
      );
    }
  }

  /** In one step, so that an interruption leaves the old file or the new one. A symbolic link and the file's mode stay. */
  #write(content: Buffer): void {
    const target = realpathSync(this.path);
    const { mode } = statSync(target);
    const temporary = `${target}.${process.pid}.tmp`;
    writeFileSync(temporary, content, { mode });
    chmodSync(temporary, mode);
    renameSync(temporary, target);
  }
}
