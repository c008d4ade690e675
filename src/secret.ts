import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const HIDDEN = "[secret]";

/** Made per process and never kept, so that a digest means nothing outside of one comparison. */
const comparisonKey = randomBytes(32);

/**
 * A value that does not print. Strings, JSON, templates and `util.inspect` give `[secret]`; `structuredClone`, `postMessage`
 * and `v8.serialize` throw. It tells nothing about the value, not even its length.
 *
 * The private field makes the type nominal: a plain string does not compile where a `SecretValue` is asked for.
 *
 * @example
 * ```ts
 * import { SecretValue } from "console-vault/vault";
 * const key = SecretValue.of("HRKU-1234");
 * `${key}`; // "[secret]"
 * key.reveal(); // "HRKU-1234": only in the line that sends it
 * ```
 */
export class SecretValue {
  readonly #value: string;
  #digest: Buffer | undefined;

  /**
   * An own, enumerable function: it answers `JSON.stringify`, and the structured clone algorithm throws on it instead of
   * passing on a hollow copy.
   */
  readonly toJSON = (): string => HIDDEN;

  private constructor(value: string) {
    this.#value = value;
  }

  /** @throws TypeError if `value` is not a string; the message does not repeat it. */
  static of(value: string): SecretValue {
    if (typeof value !== "string") throw new TypeError(`A SecretValue is made of a string, not of ${typeof value}.`);
    return new SecretValue(value);
  }

  static is(candidate: unknown): candidate is SecretValue {
    return typeof candidate === "object" && candidate !== null && #value in candidate;
  }

  /** The value itself. Call it where the value leaves the process, and nowhere earlier. */
  reveal(): string {
    return this.#value;
  }

  /** Takes the same time wherever the two differ. */
  equals(other: SecretValue): boolean {
    return timingSafeEqual(this.#compared(), other.#compared());
  }

  /**
   * The first item that has a value, found without a walk through all of them. Which items are equal stays in this process, as
   * with {@link equals}.
   */
  static firstBy<Item>(
    items: Iterable<Item>,
    secretOf: (item: Item) => SecretValue,
  ): (value: SecretValue) => Item | undefined {
    const first = new Map<string, Item>();
    for (const item of items) {
      const key = secretOf(item).#compared().toString("latin1");
      if (!first.has(key)) first.set(key, item);
    }
    return (value) => first.get(value.#compared().toString("latin1"));
  }

  #compared(): Buffer {
    this.#digest ??= digest(this.#value);
    return this.#digest;
  }

  toString(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** UTF-16, because UTF-8 folds all lone surrogates into one and would call different strings equal. */
function digest(value: string): Buffer {
  return createHmac("sha256", comparisonKey).update(value, "utf16le").digest();
}
