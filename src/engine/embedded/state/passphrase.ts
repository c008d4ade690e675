import { createCipheriv, createDecipheriv, pbkdf2 as pbkdf2Callback, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { EngineError } from "../../port.js";

// The passphrase secrets provider of the Pulumi CLI (pkg/secrets/passphrase, sdk/go/common/resource/config/crypt.go):
// key = PBKDF2-SHA256(passphrase, salt, 1,000,000 rounds), AES-256-GCM, `v1:<nonce>:<ciphertext and tag>`.
const pbkdf2 = promisify(pbkdf2Callback);
const rounds = 1_000_000;
const keyBytes = 32;
const saltBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const proof = "pulumi";

export interface Crypter {
  encrypt(plaintext: string): string;
  /** Throws when the text was not encrypted with this key. */
  decrypt(ciphertext: string): string;
}

export interface SecretsManager extends Crypter {
  /** What stands in `Pulumi.<stack>.yaml` as `encryptionsalt` and in state as `salt`. */
  readonly salt: string;
}

function crypterOf(key: Buffer): Crypter {
  return {
    encrypt(plaintext) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
    },
    decrypt(ciphertext) {
      const [version, nonce, sealed] = ciphertext.split(":");
      if (version !== "v1" || nonce === undefined || sealed === undefined) throw new Error("not a v1 ciphertext");
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - tagBytes)), decipher.final()]).toString(
        "utf8",
      );
    },
  };
}

// A derivation takes most of a second: once per passphrase and salt in this process.
const derived = new Map<string, Promise<Buffer>>();
function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  const name = `${salt.toString("base64")} ${passphrase}`;
  let key = derived.get(name);
  if (key === undefined) {
    key = pbkdf2(passphrase, salt, rounds, keyBytes, "sha256");
    derived.set(name, key);
  }
  return key;
}

// Whoever opens a stack that is not made yet goes on with the first one's salt: a command does so three times before it makes it.
const fresh = new Map<string, Buffer>();

/** A new salt for a stack that has none. @param stack what no other stack is called: the same salt for as long as it has none */
export async function newSecretsManager(passphrase: string, stack?: string): Promise<SecretsManager> {
  const salt = (stack === undefined ? undefined : fresh.get(stack)) ?? randomBytes(saltBytes);
  if (stack !== undefined) fresh.set(stack, salt);
  const crypter = crypterOf(await keyOf(passphrase, salt));
  return { ...crypter, salt: `v1:${salt.toString("base64")}:${crypter.encrypt(proof)}` };
}

/** Nothing was given, or an empty passphrase where another is needed. */
export const missingPassphrase = (where: string): EngineError =>
  new EngineError(
    `The passphrase of ${where} is missing: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it.`,
  );

/**
 * Opens a salt that a stack has already.
 * @param where names the stack in the error.
 * @throws EngineError when the passphrase is not the one the salt was made with, or is missing.
 */
export async function openSecretsManager(passphrase: string, salt: string, where: string): Promise<SecretsManager> {
  const [version, encoded, ...sealed] = salt.split(":");
  if (version !== "v1" || encoded === undefined || sealed.length === 0) {
    throw new EngineError(`${where} has an encryptionsalt that is not of version v1: it cannot be read.`);
  }
  const crypter = crypterOf(await keyOf(passphrase, Buffer.from(encoded, "base64")));
  try {
    if (crypter.decrypt(sealed.join(":")) === proof) return { ...crypter, salt };
  } catch {
    // The tag does not match: said below.
  }
  if (passphrase === "") throw missingPassphrase(where);
  throw new EngineError(
    `The passphrase is not the one ${where} was encrypted with. Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to that one.`,
  );
}
