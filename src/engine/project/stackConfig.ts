import { isAlias, isMap, isScalar, isSeq } from "yaml";
import { EngineError } from "../port.js";
import { type ConfigDeclaration, isMissing, isOfType, typeInWords } from "./declarations.js";
import { scalarValue } from "./scalar.js";
import { entries, readYaml, text } from "./yaml.js";

/** `Pulumi.<stack>.yaml` as it stands, before anything is decrypted. */
export interface StackFile {
  /** undefined: the file does not exist. */
  text: string | undefined;
  encryptionSalt: string | undefined;
  config: Map<string, unknown>;
}

export async function readStackFile(path: string, project: string): Promise<StackFile> {
  const yaml = await readYaml(path);
  if (yaml === undefined) return { text: undefined, encryptionSalt: undefined, config: new Map() };
  const { document } = yaml;
  const provider = text(document, ["secretsprovider"], path);
  if ((provider !== undefined && provider !== "passphrase") || document.has("encryptedkey")) {
    throw new EngineError(
      `${path}: the embedded engine encrypts with a passphrase only, not with ${provider?.replace(/:\/\/.*/, "://…") ?? "an encryptedkey"}: use --engine pulumi.`,
    );
  }
  if (document.has("environment")) {
    throw new EngineError(
      `${path}: the embedded engine does not support "environment" (Pulumi ESC): use --engine pulumi.`,
    );
  }
  const config = entries(document.get("config", true), path, "config");
  return {
    text: yaml.text,
    encryptionSalt: text(document, ["encryptionsalt"], path),
    config: new Map(config.map(([key, node]) => [qualified(key, project), node])),
  };
}

/** `pkg:config:name` is the form of before 2018. */
function qualified(key: string, project: string): string {
  const parts = key.split(":");
  if (parts.length === 1) return `${project}:${key}`;
  return parts.length === 3 && parts[1] === "config" ? `${parts[0]}:${parts[2]}` : key;
}

/** A configuration value: what a program is given under its key. Lists and mappings are JSON. */
export interface ConfigValue {
  value: string;
  secret: boolean;
  /** `value` is JSON. */
  object: boolean;
}

/** All configuration of a stack: its file's, and the project's defaults for what the file leaves out. */
export function resolveConfig(
  file: StackFile,
  declarations: ConfigDeclaration[],
  decrypt: (ciphertext: string) => string,
  stack: string,
): Map<string, ConfigValue> {
  const config = new Map<string, ConfigValue>();
  for (const [key, node] of file.config) config.set(key, configValue(node, decrypt, key));
  for (const declared of declarations) {
    const { key, value } = declared;
    if (!config.has(key)) {
      if (isMissing(value))
        throw new EngineError(
          `Stack ${stack} has no value for the configuration key ${key}, which Pulumi.yaml declares: pulumi config set ${key} VALUE`,
        );
      config.set(key, configValue(value, decrypt, key));
    }
    checkDeclared(declared, config.get(key) as ConfigValue, stack);
  }
  return config;
}

function checkDeclared({ key, type, secret }: ConfigDeclaration, { value, ...is }: ConfigValue, stack: string): void {
  if (secret && !is.secret)
    throw new EngineError(
      `Stack ${stack} has the configuration key ${key} in clear, which Pulumi.yaml declares secret: pulumi config set --secret ${key}`,
    );
  const content: unknown = is.object ? JSON.parse(value) : value;
  if (type !== undefined && !isOfType(content, type))
    throw new EngineError(
      `Stack ${stack} has a value for the configuration key ${key} that is not of the type ${typeInWords(type)}, as Pulumi.yaml declares it.`,
    );
}

function configValue(node: unknown, decrypt: (ciphertext: string) => string, key: string): ConfigValue {
  let secret = false;
  const plain = (part: unknown): unknown => {
    if (isAlias(part)) throw new EngineError(`The configuration key ${key} uses a YAML alias, which is not supported.`);
    if (isScalar(part)) return scalarValue(part, key);
    if (isSeq(part)) return part.items.map(plain);
    if (!isMap(part)) return part ?? null;
    const secure: unknown = part.get("secure");
    if (part.items.length === 1 && typeof secure === "string") {
      secret = true;
      return decryptConfig(secure, decrypt, key);
    }
    // In this order the CLI writes them.
    const sorted = entries(part, key, key).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, element]) => [name, plain(element)]));
  };
  const value = plain(node);
  const object = typeof value === "object" && value !== null;
  return { value: object ? JSON.stringify(value, withoutBigints) : String(value ?? ""), secret, object };
}

/** In an object no program can read them exactly anyway. */
const withoutBigints = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

function decryptConfig(ciphertext: string, decrypt: (ciphertext: string) => string, key: string): string {
  try {
    return decrypt(ciphertext);
  } catch {
    throw new EngineError(
      `The secret configuration value ${key} was not encrypted with this stack's passphrase and salt: set it again with pulumi config set --secret ${key}`,
    );
  }
}
