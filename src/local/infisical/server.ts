/** The local Infisical: a real HTTP server on loopback that answers as the measured one does, its quirks included. */
import { createHash, randomUUID } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { Control, listRoutes } from "../control.js";
import { accountRoutes } from "./account-routes.js";
import { Accounts } from "./accounts.js";
import { type Api, installIdentity, serialised } from "./api.js";
import { Database } from "./database.js";
import { type Flavour, installErrors } from "./errors.js";
import { folderRoutes } from "./folder-routes.js";
import { folderRoutesV2 } from "./folder-routes-v2.js";
import { type RateLimits, rateLimiter } from "./rate-limit.js";
import { secretRoutes } from "./secret-routes.js";
import { secretRoutesV4 } from "./secret-routes-v4.js";
import { type InfisicalSeed, infisicalSeedSchema } from "./seed.js";
import { plant, Vault } from "./vault.js";

export interface InfisicalOptions {
  /** Default: one that the system picks. */
  port?: number;
  /** Clock, request record and faults; share one to share them with the Heroku service. */
  control?: Control;
  /** Default: an empty project with the environments dev, staging and prod, and no accounts. */
  seed?: InfisicalSeed;
  /** Default: none, as a server in development mode. */
  rateLimits?: boolean | RateLimits;
  /** Default: the measured server of October 2024. */
  flavour?: Flavour;
}

export interface LocalInfisical {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  port: number;
  vault: Vault;
  control: Control;
  /** What is served, as `POST /api/v2/folders`. */
  routes: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts the service.
 * @throws z.ZodError for a seed of the wrong shape, Error for one that contradicts itself or a port in use.
 */
export async function startInfisical(options: InfisicalOptions = {}): Promise<LocalInfisical> {
  const { control = new Control(), flavour = "2024-10" } = options;
  const seed = infisicalSeedSchema.parse(options.seed ?? emptySeed());
  const now = () => control.clock.now();
  const database = new Database({ ...seed.project, orgId: randomUUID() }, seed.environments, now);
  const accounts = new Accounts(database.project.id, flavour, now);
  const approvalPaths = new Set<string>();
  const vault = new Vault(database, accounts, approvalPaths);
  plant(seed, vault, accounts);
  control.changeVault = (change) => vault.change(change);

  const limit = rateLimiter(options.rateLimits, now, flavour);
  const api = { database, accounts, flavour, now, limit, approvalPaths, folderLock: serialised() };
  const { app, routes } = build(control, api);
  const url = await app.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  return { url, port: Number(new URL(url).port), vault, control, routes, close: () => app.close() };
}

function build(control: Control, api: Api): { app: FastifyInstance; routes: readonly string[] } {
  // 1 MiB is the real server's limit too; its answer beyond it is a 500 (see installErrors).
  const app = fastify({
    bodyLimit: 1_048_576,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
  });
  const routes = listRoutes(app);
  installEtags(app);
  control.install(app, "infisical");
  refuseLongParams(app);
  app.register(async (scope) => {
    // The real login also takes a form.
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string" },
      async (_: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
    );
    installErrors(scope, api.flavour);
    installIdentity(scope, api.accounts);
    accountRoutes(scope, api);
    folderRoutes(scope, api);
    secretRoutes(scope, api);
    if (api.flavour === "current") {
      folderRoutesV2(scope, api);
      secretRoutesV4(scope, api);
    }
  });
  return { app, routes };
}

/** The real server's router has no route for a name of more than 100 characters; this version's router says so differently. */
function refuseLongParams(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    const params = Object.values(request.params ?? {});
    if (params.some((param) => typeof param === "string" && param.length > 100)) return reply.callNotFound();
  });
}

/** A strong etag on every good answer to a read, and 304 for one that the caller has. */
function installEtags(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const etag = `"${createHash("sha1").update(payload).digest("base64")}"`;
    reply.header("etag", etag);
    if (request.headers["if-none-match"] !== etag) return payload;
    reply.code(304);
    return "";
  });
}

const emptySeed = (): InfisicalSeed => ({ project: { id: randomUUID(), slug: "local", name: "Local" } });
