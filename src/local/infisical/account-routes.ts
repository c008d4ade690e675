/** Login and renewal of access tokens; the records of project and service token; the server's status. */
import type { FastifyInstance } from "fastify";
import { z } from "zod/v3";
import { type Api, actorOf, guarded, parse } from "./api.js";
import { notFound } from "./errors.js";
import { requireMember } from "./permissions.js";

const credentials = z.object({ clientId: z.string().trim(), clientSecret: z.string().trim() });
const tokenBody = z.object({ accessToken: z.string().trim() });

export function accountRoutes(app: FastifyInstance, api: Api): void {
  const { accounts, database, now } = api;
  const open = { onRequest: [api.limit("write")] };

  app.get("/api/status", async () => ({
    date: now(),
    message: "Ok",
    emailConfigured: false,
    inviteOnlySignup: true,
    redisConfigured: true,
    secretScanningConfigured: false,
  }));

  app.post("/api/v1/auth/universal-auth/login", open, async (request) => {
    const { clientId, clientSecret } = parse(credentials, request.body);
    return accounts.login(clientId, clientSecret);
  });

  app.post("/api/v1/auth/token/renew", open, async (request) =>
    accounts.renew(parse(tokenBody, request.body).accessToken),
  );

  const projectParams = z.object({ workspaceId: z.string().trim() });
  app.get("/api/v1/workspace/:workspaceId", guarded(api, "read"), async (request) => {
    const { workspaceId } = parse(projectParams, request.params);
    if (workspaceId !== database.project.id) throw notFound(`Project with ID '${workspaceId}' not found`);
    requireMember(actorOf(request), workspaceId, database.project.id);
    return { workspace: presentProject(api) };
  });

  app.get("/api/v2/service-token", guarded(api, "read", ["service"]), async (request) => {
    const token = accounts.serviceTokenById(actorOf(request).id);
    if (!token) throw notFound(`Service token with ID '${actorOf(request).id}' not found`);
    const times = { createdAt: token.createdAt, updatedAt: token.createdAt };
    return {
      ...token,
      ...times,
      _id: token.id,
      __v: 0,
      projectId: database.project.id,
      workspace: database.project.id,
      createdBy: "local",
      lastUsed: now(),
      user: { id: "local", _id: "local", __v: 0, email: "local@example.invalid", ...times },
    };
  });
}

function presentProject({ database }: Api) {
  const { id, slug, name, orgId } = database.project;
  return {
    id,
    _id: id,
    name,
    slug,
    orgId,
    autoCapitalization: false,
    version: 3,
    upgradeStatus: null,
    pitVersionLimit: 10,
    kmsCertificateKeyId: null,
    auditLogsRetentionDays: null,
    createdAt: database.createdAt,
    updatedAt: database.createdAt,
    environments: database.environments.map((env) => ({ name: env.name, slug: env.slug, id: env.id })),
  };
}
