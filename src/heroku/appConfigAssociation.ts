import type { NativeProvider, Properties } from "../engine/provider.js";
import { ConfigurationError } from "../errors.js";
import { SecretValue } from "../secret.js";
import type { Wait } from "../waits.js";
import { providersWaits, Requests, type Waits } from "./bridged/requests.js";
import {
  type Association,
  associationOf,
  changedMaps,
  changeOf,
  diffOf,
  failuresOf,
  idOf,
  merged,
  outputsOf,
  present,
} from "./bridged/state.js";
import type { SeenVars } from "./seenVars.js";
import { openHeroku } from "./transport.js";

const associationType = "heroku:index/appConfigAssociation:AppConfigAssociation";

export interface EngineProviderOptions {
  /** `HEROKU_API_KEY`, `HEROKU_EMAIL`, `HEROKU_API_URL`, `HEROKU_HEADERS`, where config does not say. */
  readonly env: NodeJS.ProcessEnv;
  readonly waits?: Partial<Waits>;
  /** Gets what is read of apps. */
  readonly seen?: SeenVars;
  /** Told before each wait for a rate limit. */
  readonly onWait?: (wait: Wait) => void;
}

/**
 * Provides `heroku:index/appConfigAssociation:AppConfigAssociation` inside the embedded engine, without the bridge: the same
 * requests, ids, outputs and error texts, so that a stack's state can go from one engine to the other.
 *
 * That includes what the bridged provider does badly: creating overwrites vars that are there, deleting removes them from the
 * app, a change of `appId` alone sends nothing, and an app that is gone fails the refresh.
 */
export function herokuEngineProvider({ env, waits, seen, onWait }: EngineProviderOptions): NativeProvider {
  let config: Record<string, string> = {};
  let open: Requests | undefined;
  const requests = () => {
    open ??= openRequests(config, env, { ...providersWaits, ...waits }, onWait);
    return open;
  };

  /** What the app has of the managed names. A map that was never given and is not now stays so. */
  const settled = async (next: Association, before?: Association): Promise<Association> => {
    const app = await requests().vars(next.appId);
    seen?.keep(next.appId, app);
    const keep = (key: "vars" | "sensitiveVars") =>
      before?.[key] === undefined && Object.keys(next[key] ?? {}).length === 0 ? undefined : present(next[key], app);
    return { appId: next.appId, vars: keep("vars"), sensitiveVars: keep("sensitiveVars") };
  };

  const change = async (appId: string, changes: ReturnType<typeof changeOf>) => {
    seen?.clear();
    await requests().change(appId, changes);
  };

  return {
    configure(given) {
      seen?.clear();
      config = given;
      open = undefined;
    },

    async check(type, _olds, news) {
      known(type);
      return { inputs: news, failures: failuresOf(news) };
    },

    async diff(type, _id, oldOutputs, _oldInputs, news) {
      known(type);
      const diffs = diffOf(oldOutputs, news);
      return { changes: diffs.length > 0, diffs };
    },

    async create(type, _urn, inputs) {
      known(type);
      const next = associationOf(inputs);
      const twice = Object.keys(next.vars ?? {}).filter((name) => Object.hasOwn(next.sensitiveVars ?? {}, name));
      if (twice.length > 0) throw new Error(`[ERROR] Detected duplicate config vars: [${twice.sort().join(" ")}]`);
      await change(next.appId, changeOf({}, merged(next)));
      const id = idOf(next.appId);
      return { id, outputs: outputsOf(id, await settled(next)) };
    },

    async read(type, id, outputs, inputs) {
      known(type);
      if (Object.keys(outputs).length === 0) throw new Error("not possible to import this resource");
      const { appId, vars, sensitiveVars } = associationOf(outputs);
      const app = await requests().vars(appId);
      seen?.keep(appId, app);
      const found = outputsOf(id, { appId, vars: present(vars, app), sensitiveVars: present(sensitiveVars, app) });
      const asked = ["appId", "sensitiveVars", "vars"].filter((key) => inputs[key] !== undefined);
      return { id, outputs: found, inputs: Object.fromEntries(asked.map((key) => [key, found[key]])) as Properties };
    },

    async update(type, id, oldOutputs, _oldInputs, news) {
      known(type);
      const [before, next] = [associationOf(oldOutputs), associationOf(news)];
      const sent = changedMaps(before, next);
      await change(next.appId, changeOf(merged(sent.old), merged(sent.next)));
      return { outputs: outputsOf(id, await settled(next, before)) };
    },

    async delete(type, _id, outputs) {
      known(type);
      const gone = associationOf(outputs);
      await change(gone.appId, changeOf(merged(gone), {}));
    },

    additionalSecretOutputs: () => ["sensitiveVars"],
  };
}

function known(type: string): void {
  if (type !== associationType)
    throw new Error(
      `the embedded engine provides only ${associationType} of the package heroku, not ${type}: use the engine pulumi (--engine pulumi)`,
    );
}

function openRequests(
  config: Record<string, string>,
  env: NodeJS.ProcessEnv,
  waits: Waits,
  onWait: EngineProviderOptions["onWait"],
): Requests {
  const key = config.apiKey || env.HEROKU_API_KEY;
  if (!key)
    throw new ConfigurationError(
      "No Heroku API key: set HEROKU_API_KEY, or the stack's config with `pulumi config set --secret heroku:apiKey`.",
    );
  const email = config.email || env.HEROKU_EMAIL;
  const headers = headersOf(config.headers || env.HEROKU_HEADERS);
  const auth = { kind: "basic", key: SecretValue.of(key), email } as const;
  const url = config.url || env.HEROKU_API_URL || "https://api.heroku.com";
  return new Requests(openHeroku({ url, auth, timeoutMs: 60_000, headers }), waits, onWait);
}

function headersOf(text: string | undefined): Record<string, string> {
  if (!text) return {};
  try {
    const headers: unknown = JSON.parse(text);
    if (typeof headers === "object" && headers !== null && !Array.isArray(headers))
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  } catch {
    // Told below, without the text, which may hold credentials.
  }
  throw new ConfigurationError("heroku:headers (or HEROKU_HEADERS): not a JSON object of strings.");
}
