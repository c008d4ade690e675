import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What a request knows about itself: the environment that the operator selected (`flask.g.selected_env` in
 * docs/console-vault-env-aware.md).
 */
export interface RequestContext {
  readonly selectedEnv?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work` with an environment selected, for all that it calls and awaits. */
export function withEnvironment<T>(selectedEnv: string | undefined, work: () => T): T {
  return storage.run({ selectedEnv }, work);
}

/** The environment selected by the request under way; `undefined` outside a request. */
export function selectedEnvironment(): string | undefined {
  return storage.getStore()?.selectedEnv;
}
