import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Catalog } from "../catalog/index.js";
import { environmentOf, usesHeroku } from "../catalog/index.js";
import { ConfigurationError, UsageError } from "../errors.js";
import { herokuProblems, isEncrypted } from "./herokuConfig.js";
import { namespace } from "./keys.js";
import { configKeys, type ParsedConfig, parseConfig, type StackConfig } from "./schema.js";
import { type Services, servicesOf } from "./services.js";

/** `Pulumi.<stack>.yaml` of a project. */
export function stackFile(projectDir: string, stack: string): string {
  return join(projectDir, `Pulumi.${stack}.yaml`);
}

function readYaml(file: string): Record<string, unknown> {
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as Record<string, unknown>;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ConfigurationError(`${file}: not valid YAML: ${why}`);
  }
}

/** The whole `config:` of a stack file, keys with their namespace, values as YAML has them. */
export function rawStackConfig(projectDir: string, stack: string): Record<string, unknown> {
  const file = stackFile(projectDir, stack);
  if (!existsSync(file)) {
    const [other] = existsSync(projectDir)
      ? readdirSync(projectDir).filter((one) => /^Pulumi\..+\.yaml$/.test(one))
      : [];
    throw new UsageError(
      other
        ? `The catalog has the environment ${stack}, and there is no ${file}. Copy ${other} to it, and set in it what is ${stack}'s own.`
        : `There is no ${file}. Run the command in the project's directory, or name it with --cwd.`,
    );
  }
  return (readYaml(file).config ?? {}) as Record<string, unknown>;
}

/** The keys of our namespace, without it. */
function ownKeys(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(raw)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** Both engines take a bare key for the project's, and a command that reads the file would not see it. */
function bareKeys(raw: Readonly<Record<string, unknown>>): string[] {
  return configKeys.filter((key) => key in raw).map((key) => `${key}: has no namespace. Write ${namespace}:${key}`);
}

/**
 * Reads and checks a stack's config file.
 * @throws ConfigurationError (exit 2) that lists every problem by key; UnknownNameError for a stack that is no environment.
 */
export function readStackConfig(projectDir: string, stack: string, catalog: Catalog): StackConfig {
  environmentOf(catalog, stack);
  return checkedConfig(rawStackConfig(projectDir, stack), stack, catalog);
}

/**
 * Every problem of a stack's config, as `key: what is wrong`, keys with their namespace.
 * @param raw all of it, with namespaces
 */
export function parseStackConfig(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  catalog: Catalog,
  isSecret = (key: string) => isEncrypted(raw[key]),
): ParsedConfig {
  const parsed = parseConfig(ownKeys(raw), stack, catalog);
  const own = parsed.ok ? [] : parsed.problems.map((one) => `${namespace}:${one}`);
  const problems = [...own, ...bareKeys(raw), ...herokuProblems(raw, stack, isSecret)];
  return parsed.ok && problems.length === 0 ? parsed : { ok: false, problems };
}

/** @param raw the whole `config:` of a stack file. @throws ConfigurationError that lists every problem by key */
export function checkedConfig(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  catalog: Catalog,
  isSecret?: (key: string) => boolean,
): StackConfig {
  const parsed = parseStackConfig(raw, stack, catalog, isSecret);
  if (parsed.ok) return parsed.config;
  throw configError(`Pulumi.${stack}.yaml`, parsed.problems);
}

export function configError(where: string, problems: readonly string[]): ConfigurationError {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new ConfigurationError(`${where} has ${count}:\n  ${problems.join("\n  ")}`);
}

/**
 * The other environments' stacks whose files are beside a stack's own. One whose file is wrong is left out: its own commands
 * list its problems.
 */
export function siblingStacks(
  projectDir: string,
  stack: string,
  catalog: Catalog,
  env: NodeJS.ProcessEnv,
): { readonly config: StackConfig; readonly services: Services }[] {
  return catalog.environments.flatMap(({ name }) => {
    if (name === stack || !existsSync(stackFile(projectDir, name))) return [];
    try {
      const config = readStackConfig(projectDir, name, catalog);
      return [{ config, services: servicesOf(config, env, usesHeroku(catalog)) }];
    } catch (error) {
      if (error instanceof ConfigurationError) return [];
      throw error;
    }
  });
}
