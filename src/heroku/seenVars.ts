import { SecretValue } from "../secret.js";

/**
 * Config vars that the engine's own provider has just read, by the app's UUID, for the program of the same update: a refresh reads
 * each app right before the program looks, and a change is read back right before the program sees how the flag ended. Each is used
 * once.
 */
export class SeenVars {
  readonly #vars = new Map<string, ReadonlyMap<string, SecretValue>>();

  keep(appId: string, vars: Readonly<Record<string, string>>): void {
    this.#vars.set(appId, new Map(Object.entries(vars).map(([name, value]) => [name, SecretValue.of(value)])));
  }

  take(appId: string): ReadonlyMap<string, SecretValue> | undefined {
    const vars = this.#vars.get(appId);
    this.#vars.delete(appId);
    return vars;
  }

  /** Another run begins, or somebody changes an app. */
  clear(): void {
    this.#vars.clear();
  }
}
