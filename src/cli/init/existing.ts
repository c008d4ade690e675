// What a directory has already, and what `init` adds to it. It overwrites nothing: what is to go into a file that is there, a person
// writes by hand.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { UsageError } from "../../errors.js";
import { filesOf, type InitPlan, programFile, stackConfig } from "./files.js";
import { type Modules, modulesOf, nearest } from "./modules.js";

/** A directory before `init`. */
export interface Existing {
  readonly dir: string;
  /** `Pulumi.yaml`, where there is one. */
  readonly project: { readonly options?: { readonly refresh?: unknown } | null } | undefined;
  /** Stacks that have a file. */
  readonly stacks: readonly string[];
  readonly modules: Modules;
  /** A package.json: in the directory, or above it where there is a project. */
  readonly manifest: string | undefined;
  /** Whether it names this package. */
  readonly installed: boolean;
}

/** @throws UsageError (exit 2) that names the file */
function parsedFile<Content>(file: string, parseText: (text: string) => unknown): Content {
  try {
    return (parseText(readFileSync(file, "utf8")) ?? {}) as Content;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
}

/** @throws UsageError (exit 2) where there is a catalog already, or a project in another language */
export function readExisting(dir: string): Existing {
  const has = (path: string) => existsSync(join(dir, path));
  const catalog = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((one) => `catalog.${one}`).find(has);
  if (catalog)
    throw new UsageError(
      `${dir} has ${catalog} already, and init overwrites nothing. What is missing in the project and its services:\n  console-vault doctor`,
    );
  const file = join(dir, "Pulumi.yaml");
  const project = existsSync(file) ? parsedFile<NonNullable<Existing["project"]>>(file, parse) : undefined;
  const { runtime } = (project ?? {}) as { readonly runtime?: string | { readonly name?: string } };
  const language = typeof runtime === "object" ? runtime.name : runtime;
  if (project && language !== "nodejs")
    throw new UsageError(
      `The project in ${dir} is in ${language ?? "no language"}, and console-vault is for nodejs. The vault's can have a folder of its own:\n  console-vault init --cwd vault`,
    );
  const manifest = project ? nearest(dir, "package.json") : has("package.json") ? join(dir, "package.json") : undefined;
  const { dependencies, devDependencies } = manifest
    ? parsedFile<Readonly<Record<string, object>>>(manifest, JSON.parse)
    : {};
  const names = existsSync(dir) ? readdirSync(dir) : [];
  const stacks = names.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  const installed = "console-vault" in { ...dependencies, ...devDependencies };
  return { dir, project, stacks, modules: modulesOf(dir, manifest), manifest, installed };
}

export interface Addition {
  readonly files: ReadonlyMap<string, string>;
  /** What to write into files that are there, each with what it is for. */
  readonly byHand: readonly { readonly what: string; readonly text: string }[];
}

/** @throws UsageError (exit 2) where a file is there that stands for something else in a new project */
export function addTo({ dir, project, modules, manifest, installed }: Existing, plan: InitPlan): Addition {
  const files = new Map(filesOf(plan));
  const byHand: Addition["byHand"][number][] = [];
  const isThere = (path: string) => existsSync(join(dir, path));
  const program = programFile(modules.esm);
  if (project) for (const path of ["Pulumi.yaml", program]) files.delete(path);
  else if (isThere(program))
    throw new UsageError(
      `${dir} has ${program} already, and init overwrites nothing. Take it away, or name another directory with --cwd.`,
    );
  for (const environment of plan.environments) {
    const file = `Pulumi.${environment}.yaml`;
    if (!isThere(file)) continue;
    files.delete(file);
    byHand.push({ what: `To the config of ${file}:`, text: stringify(stackConfig(environment, plan)) });
  }
  if (manifest) {
    files.delete("package.json");
    if (!installed) byHand.push({ what: "To package.json, by the command:", text: "npm install console-vault" });
  }
  for (const path of files.keys()) if (isThere(path)) files.delete(path);
  if (!project) return { files, byHand };
  if (project.options?.refresh !== "always")
    byHand.push({
      what: "To Pulumi.yaml, so that plain pulumi sees a flag that was set by hand:",
      text: stringify({ options: { refresh: "always" } }),
    });
  byHand.push({ what: "To the program:", text: programLines(modules) });
  return { files, byHand };
}

/** The component, as the module that declares the project's other things takes it. */
export function programLines({ esm, typescript, imports }: Modules): string {
  if (esm || (typescript && imports))
    return `import { ConsoleVault } from "console-vault/pulumi";
export const { migration, retirement } = new ConsoleVault("vault");
`;
  if (typescript)
    return `import consoleVault = require("console-vault/pulumi");
const { migration, retirement } = new consoleVault.ConsoleVault("vault");
export = { migration, retirement }; // With the program's other outputs.
`;
  return `const { ConsoleVault } = require("console-vault/pulumi");
const { migration, retirement } = new ConsoleVault("vault");
Object.assign(exports, { migration, retirement });
`;
}
