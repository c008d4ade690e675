import { chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { checkedConfig, stackFile, withConfigValue } from "../config/index.js";
import { UsageError } from "../errors.js";
import { catalog } from "./project.js";

/** A stack file that is changed for a command and can be put back, byte for byte. */
export class ConfigFile {
  readonly path: string;
  readonly #before: Buffer;

  constructor(
    projectDir: string,
    private readonly stack: string,
  ) {
    this.path = stackFile(projectDir, stack);
    this.#before = readFileSync(this.path);
  }

  /** @throws UsageError where a key cannot be set, or the config would be refused afterwards; then the file is as it was */
  set(values: Readonly<Record<string, boolean>>): void {
    let text = this.#before.toString("utf8");
    for (const [key, value] of Object.entries(values)) text = this.#changed(text, key, value);
    checkedConfig((parse(text) as { config: Record<string, unknown> }).config, this.stack, catalog);
    this.#write(text);
  }

  putBack(): void {
    this.#write(this.#before);
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
  #write(content: string | Buffer): void {
    const target = realpathSync(this.path);
    const { mode } = statSync(target);
    const temporary = `${target}.${process.pid}.tmp`;
    writeFileSync(temporary, content, { mode });
    chmodSync(temporary, mode);
    renameSync(temporary, target);
  }
}
