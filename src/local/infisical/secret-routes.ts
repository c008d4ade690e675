/** `/api/v3/secrets` (raw, batch): there on the measured server and, deprecated, on the current one. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Api, actorOf, guarded, parse, projectIdOf } from "./api.js";
import { badRequest } from "./errors.js";
import { onlyScope, placeOfRead } from "./permissions.js";
import { answerChanged, answerCreated, presentRead } from "./secret-answers.js";
import { createSecrets, deleteSecrets, updateSecrets } from "./secret-batch.js";
import { encryptedSecret, type FieldsBody, fieldsOf, secretSchemas } from "./secret-schemas.js";
import { createSecret, deleteSecret, getSecret, listSecrets, type SecretPlace, updateSecret } from "./secrets.js";

const routes = {
  one: "/api/v3/secrets/raw/:secretName",
  list: "/api/v3/secrets/raw",
  batch: "/api/v3/secrets/batch/raw",
};

export function secretRoutes(app: FastifyInstance, api: Api): void {
  rawRoutes(app, api);
  app.post("/api/v3/secrets/:secretName", guarded(api, "secrets"), async (request) => {
    parse(encryptedSecret, request.body);
    throw badRequest("Encrypted secrets are not served here: this project keeps raw ones");
  });
}

function rawRoutes(app: FastifyInstance, api: Api): void {
  const schemas = secretSchemas(api.flavour);
  const hooks = guarded(api, "secrets");
  const nameOf = (request: FastifyRequest) => parse(schemas.params, request.params).secretName;
  const placeOf = (body: { workspaceId: string; environment: string; secretPath: string }): SecretPlace => ({
    projectId: body.workspaceId,
    environment: body.environment,
    path: body.secretPath,
  });
  const batchPlaceOf = (body: {
    workspaceId?: string | undefined;
    projectSlug?: string | undefined;
    environment: string;
    secretPath: string;
  }) => {
    const projectId = projectIdOf(api.database, body.workspaceId, body.projectSlug);
    if (!projectId) throw badRequest("Must provide either project slug or projectId");
    return { projectId, environment: body.environment, path: body.secretPath };
  };

  app.get(routes.list, hooks, async (request) => {
    const query = parse(schemas.list, request.query);
    const actor = actorOf(request);
    const { projectId, environment, path } = placeOfRead(actor, () => ({
      projectId: projectIdOf(api.database, query.workspaceId, query.workspaceSlug),
      environment: query.environment,
      path: query.secretPath,
    }));
    if (!projectId || !environment) throw badRequest("Missing workspace id or environment");
    const options = { recursive: query.recursive, expand: query.expandSecretReferences };
    const found = listSecrets(api, actor, { projectId, environment, path }, options);
    // Measured: what does not exist reads as empty, and only the additional key tells.
    if (!found) return { secrets: [], imports: [] };
    const secrets = found.map((one) => presentRead(api, one, query.viewSecretValue, { secretPath: one.path }));
    return query.include_imports ? { secrets, imports: [] } : { secrets };
  });

  app.get(routes.one, hooks, async (request) => {
    const key = nameOf(request);
    const query = parse(schemas.get, request.query);
    const actor = actorOf(request);
    const scope = onlyScope(actor);
    const environment = scope?.environment ?? query.environment;
    if (!environment) throw badRequest("Missing environment");
    const projectId = scope?.projectId ?? projectIdOf(api.database, query.workspaceId, query.workspaceSlug);
    if (!projectId) throw badRequest("You must provide workspaceSlug or workspaceId");
    const place = { projectId, environment, path: scope?.secretPath ?? query.secretPath };
    const found = getSecret(api, actor, place, { key, type: query.type, expand: query.expandSecretReferences });
    return { secret: presentRead(api, found, query.viewSecretValue) };
  });

  app.post(routes.one, hooks, async (request) => {
    const key = parse(schemas.newParams, request.params).secretName;
    const body = parse(schemas.create, request.body);
    const fields = { key, value: body.secretValue, ...fieldsOf(body), type: body.type };
    return answerCreated.one(api, await createSecret(api, actorOf(request), placeOf(body), fields));
  });

  app.patch(routes.one, hooks, async (request) => {
    const key = nameOf(request);
    const body = parse(schemas.update, request.body);
    const change = { ...changeOf({ ...body, secretKey: key }), type: body.type };
    return answerChanged.one(api, updateSecret(api, actorOf(request), placeOf(body), change));
  });

  app.delete(routes.one, hooks, async (request) => {
    const key = nameOf(request);
    const body = parse(schemas.delete, request.body);
    return answerChanged.one(api, deleteSecret(api, actorOf(request), placeOf(body), { key, type: body.type }));
  });

  app.post(routes.batch, hooks, async (request) => {
    const body = parse(schemas.createMany, request.body);
    const secrets = body.secrets.map((one) => ({ key: one.secretKey, value: one.secretValue, ...fieldsOf(one) }));
    return answerCreated.many(api, await createSecrets(api, actorOf(request), batchPlaceOf(body), secrets));
  });

  app.patch(routes.batch, hooks, async (request) => {
    const body = parse(schemas.updateMany, request.body);
    const changes = body.secrets.map(changeOf);
    return answerChanged.many(api, updateSecrets(api, actorOf(request), batchPlaceOf(body), changes, body.mode));
  });

  app.delete(routes.batch, hooks, async (request) => {
    const body = parse(schemas.deleteMany, request.body);
    const secrets = body.secrets.map((one) => ({ key: one.secretKey }));
    return answerChanged.many(api, deleteSecrets(api, actorOf(request), batchPlaceOf(body), secrets));
  });
}

type ChangeBody = FieldsBody & {
  secretKey: string;
  newSecretName?: string | undefined;
  secretValue?: string | undefined;
};

const changeOf = (body: ChangeBody) => ({
  key: body.secretKey,
  newKey: body.newSecretName,
  value: body.secretValue,
  ...fieldsOf(body),
});
