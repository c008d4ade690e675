// What a directory has already, and what `init` adds to it. It overwrites nothing: what is to go into a file that is there, a person
// writes by hand.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { UsageError } from "../../errors.js";
import { filesOf, type InitPlan, programFile, stackConfig } from "./files.js";

/** A directory before `init`. */
export interface Existing {
  readonly dir: string;
  /** `Pulumi.yaml`, where there is one. */
  readonly project: { readonly options?: { readonly refresh?: unknown } | null } | undefined;
  /** Stacks that have a file. */
  readonly stacks: readonly string[];
  readonly esm: boolean;
  /** Whether package.json names this package. */
  readonly installed: boolean;
}

/** @throws UsageError (exit 2) where there is a catalog already, or a project in another language */
export function readExisting(dir: string): Existing {
  const has = (path: string) => existsSync(join(dir, path));
  const read = (path: string) => (has(path) ? readFileSync(join(dir, path), "utf8") : undefined);
  const catalog = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((one) => `catalog.${one}`).find(has);
  if (catalog)
    throw new UsageError(
      `${dir} has ${catalog} already, and init overwrites nothing. What is missing in the project and its services:\n  console-vault doctor`,
    );
  const text = read("Pulumi.yaml");
  const project = text === undefined ? undefined : ((parse(text) ?? {}) as NonNullable<Existing["project"]>);
  const { runtime } = (project ?? {}) as { readonly runtime?: string | { readonly name?: string } };
  const language = typeof runtime === "object" ? runtime.name : runtime;
  if (project && language !== "nodejs")
    throw new UsageError(
      `The project in ${dir} is in ${language ?? "no language"}, and console-vault is for nodejs. The vault's can have a folder of its own:\n  console-vault init --cwd vault`,
    );
  const manifest = JSON.parse(read("package.json") ?? "{}") as Readonly<Record<string, unknown>>;
  const named = { ...(manifest.dependencies as object), ...(manifest.devDependencies as object) };
  const names = existsSync(dir) ? readdirSync(dir) : [];
  const stacks = names.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  return { dir, project, stacks, esm: manifest.type === "module", installed: "console-vault" in named };
}

export interface Addition {
  readonly files: ReadonlyMap<string, string>;
  /** What to write into files that are there, each with what it is for. */
  readonly byHand: readonly { readonly what: string; readonly text: string }[];
}

/** @throws UsageError (exit 2) where a file is there that stands for something else in a new project */
export function addTo({ dir, project, esm, installed }: Existing, plan: InitPlan): Addition {
  const files = new Map(filesOf(plan));
  const byHand: Addition["byHand"][number][] = [];
  const isThere = (path: string) => existsSync(join(dir, path));
  const program = programFile(esm);
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
  if (isThere("package.json")) {
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
  byHand.push({ what: "To the program:", text: esm ? moduleLines : commonLines });
  return { files, byHand };
}

const moduleLines = `import { ConsoleVault } from "console-vault/pulumi";
export const { migration, retirement } = new ConsoleVault("vault");
`;
const commonLines = `const { ConsoleVault } = require("console-vault/pulumi"); // TypeScript: import { ConsoleVault } from "console-vault/pulumi";
const vault = new ConsoleVault("vault");
exports.migration = vault.migration; // TypeScript: export const { migration, retirement } = vault;
exports.retirement = vault.retirement;
`;
