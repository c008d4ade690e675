// The config schema as its documents need it: Pulumi.yaml's `config` section and the table of docs/configuration.md are made of it.
import { z } from "zod";
import { configKeys, configShape, namespace } from "../../src/config/index.js";

/** Pulumi's own types of config (sdk/go/common/workspace/project.json); there is no number but the whole one. */
export type PulumiType = "string" | "integer" | "boolean" | "object";

export interface ConfigKey {
  readonly name: string;
  readonly type: PulumiType;
  /** undefined: every stack has to set it. */
  readonly default: unknown;
  readonly description: string;
}

interface JsonSchema {
  readonly properties: Record<string, { type?: string; default?: unknown; description?: string } | undefined>;
}

/**
 * All keys, in the schema's order. The types come from what a stack file may hold, the defaults from what a program gets.
 * @throws Error for a key that Pulumi has no type for, or that nobody described
 */
export function configKeysDescribed(): ConfigKey[] {
  const [input, output] = (["input", "output"] as const).map(
    (io) => z.toJSONSchema(configShape, { io, unrepresentable: "any" }) as unknown as JsonSchema,
  );
  return configKeys.map((name) => {
    const type = input!.properties[name]?.type;
    const description = input!.properties[name]?.description;
    if (type !== "string" && type !== "integer" && type !== "boolean" && type !== "object")
      throw new Error(`${name}: Pulumi has no config type for ${type}`);
    if (!description) throw new Error(`${name}: say in the schema what it is (.describe)`);
    const optional = configShape.shape[name].safeParse(undefined).success;
    // Empty stands for none: a key without a default is one that the CLI asks every stack for.
    const fallback = output!.properties[name]?.default ?? (optional ? "" : undefined);
    return { name: `${namespace}:${name}`, type, default: fallback, description };
  });
}
