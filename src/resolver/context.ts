import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What a request knows about itself: the environment that the operator selected (`flask.g.selected_env` in
 * docs/console-vault-env-aware.md).
 *
 * @example
 * ```ts
 * import type { RequestContext } from "console-vault/resolver";
 * const context: RequestContext = { selectedEnv: "staging" };
 * ```
 */
export interface RequestContext {
  readonly selectedEnv?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * Runs `work` with an environment selected, for all that it calls and awaits.
 *
 * @example
 * ```ts
 * import { secretPathFor, withEnvironment } from "console-vault/resolver";
 * withEnvironment("staging", () => secretPathFor("HEROKU_API_KEY", undefined, { flag: true })); // "/MooseQuest/heroku/staging/"
 * ```
 */
export function withEnvironment<T>(selectedEnv: string | undefined, work: () => T): T {
  return storage.run({ selectedEnv }, work);
}

/**
 * The environment selected by the request under way; `undefined` outside a request.
 *
 * @example
 * ```ts
 * import { selectedEnvironment, withEnvironment } from "console-vault/resolver";
 * withEnvironment("staging", () => selectedEnvironment()); // "staging"
 * ```
 */
export function selectedEnvironment(): string | undefined {
  return storage.getStore()?.selectedEnv;
}
