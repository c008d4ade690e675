import { createTransport } from "../../http/index.js";
import { createApiChoice, type Place } from "./api.js";
import type { Target } from "./diagnosis.js";
import { createExchange } from "./exchange.js";
import { folderMethods } from "./folders.js";
import { foldersAnswer, statusAnswer } from "./schemas.js";
import { secretMethods } from "./secrets.js";
import type { InfisicalClient, InfisicalClientOptions } from "./types.js";
import { baseUrl } from "./url.js";

/**
 * A client for one project and one environment. Nothing is sent before the first call, not even a login.
 *
 * @throws ConfigurationError for a URL that is not safe.
 * @example
 * ```ts
 * import { authFromEnvironment, createInfisicalClient } from "console-vault/vault";
 * const auth = authFromEnvironment(process.env);
 * const client = createInfisicalClient({ url: "https://app.infisical.com", projectId: "…", environment: "prod", auth });
 * await client.checkAccess();
 * const entries = await client.listSecrets("/MooseQuest/", { recursive: true });
 * ```
 */
export function createInfisicalClient(options: InfisicalClientOptions): InfisicalClient {
  const { projectId, environment, auth, timeoutMs = 30_000, signal, onRequest } = options;
  const target: Target = { baseUrl: baseUrl(options.url), projectId, environment, auth };
  const { logins } = options;
  const apis = createApiChoice((version) => logins?.noteVersion(target.baseUrl, version));
  const place: Place = { apis, projectId, environment };
  const send = createTransport({ baseUrl: target.baseUrl, timeoutMs, signal, onRequest });
  const exchange = createExchange(send, target, options);

  /** The route for folders is the only cheap one that tells an unknown environment and an unknown project. */
  const checkAccess = async () => {
    await place.apis.read((api) =>
      exchange.read({
        method: "GET",
        path: api.folders,
        query: { ...api.project(projectId), environment, path: "/" },
        to: "look at the project's root folder",
        expects: foldersAnswer,
      }),
    );
  };

  let known: Promise<void> | undefined;
  const checkEnvironment = () => {
    known ??= checkAccess().catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    expectWrites: exchange.expectWrites,
    status: () =>
      exchange.read({
        method: "GET",
        path: "/api/status",
        to: "tell its status",
        expects: statusAnswer,
        anonymous: true,
      }),
    apiVersion: () => apis.chosen() ?? logins?.versionAt(target.baseUrl),
    checkAccess,
    authenticate: () => (auth.kind === "token" ? checkAccess() : exchange.logIn()),
    ...folderMethods(exchange, place),
    ...secretMethods(exchange, {
      ...place,
      checkEnvironment,
      isServiceToken: auth.kind === "token" && auth.token.reveal().startsWith("st."),
    }),
  };
}
