import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const content = [
  "src",
  "bin",
  "scripts",
  "sdks",
  ".github",
  "action",
  "action.yml",
  "program.mjs",
  "provider.cjs",
  "load.mjs",
  "package.json",
  "tsconfig.json",
  "Pulumi.yaml",
  "catalog.ts",
];

export type Stack = "staging" | "prod";

/** A directory with the content of a commit of this project, to be changed as a pull request would. */
export class Commit {
  private constructor(readonly dir: string) {}

  /**
   * @param config keys of both stacks, without their namespace
   * @param pins of the files that the action downloads
   */
  static make(dir: string, config: Readonly<Record<string, unknown>> = {}, pins?: object): Commit {
    mkdirSync(dir, { recursive: true });
    for (const path of content)
      cpSync(join(checkout, path), join(dir, path), { recursive: true, filter: notInstalled });
    const commit = new Commit(dir);
    if (pins) writeFileSync(join(dir, "action/pins.json"), JSON.stringify(pins));
    for (const stack of ["staging", "prod"] as const) {
      const text = readFileSync(join(checkout, `Pulumi.${stack}.yaml`), "utf8");
      writeFileSync(commit.file(stack), text.replace(/^encryptionsalt: .*\n/m, ""));
      for (const [key, value] of Object.entries(config)) commit.set(stack, key, value);
    }
    return commit;
  }

  /** Another one on top of it. */
  next(dir: string): Commit {
    cpSync(this.dir, dir, { recursive: true });
    return new Commit(dir);
  }

  file(stack: Stack): string {
    return join(this.dir, `Pulumi.${stack}.yaml`);
  }

  set(stack: Stack, key: string, value: unknown): this {
    const document = parseDocument(readFileSync(this.file(stack), "utf8"));
    document.setIn(["config", `console-vault:${key}`], value);
    writeFileSync(this.file(stack), document.toString());
    return this;
  }

  /** Puts lines before a file's own. */
  prepend(path: string, lines: string): this {
    const file = join(this.dir, path);
    writeFileSync(file, `${lines}\n${readFileSync(file, "utf8")}`);
    return this;
  }
}

const notInstalled = (path: string) => !path.endsWith("node_modules");
