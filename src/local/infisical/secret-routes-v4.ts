/**
 * `/api/v4/secrets`: the current server's own routes. They name the project by `projectId`, and a list takes imports along and
 * fills in references unless it is told not to.
 */
import type { FastifyInstance } from "fastify";
import { z } from "zod/v3";
import { type Api, actorOf, guarded, parse } from "./api.js";
import { removeTrailingSlash } from "./database.js";
import { badRequest } from "./errors.js";
import { placeOfRead } from "./permissions.js";
import { answerChanged, answerCreated, presentRead } from "./secret-answers.js";
import { createSecrets, deleteSecrets, updateSecrets } from "./secret-batch.js";
import { fieldsOf, kind, metadata, secretNameV4, secretValue, text } from "./secret-schemas.js";
import { createSecret, deleteSecret, getSecret, listSecrets, type SecretPlace, updateSecret } from "./secrets.js";

const prefix = "/api/v4/secrets";

const path = text.transform(removeTrailingSlash);
const flag = (fallback: "true" | "false") => z.enum(["true", "false"]).default(fallback);

const place = { projectId: text, environment: text, secretPath: path.default("/") };
const read = { viewSecretValue: flag("true"), expandSecretReferences: flag("true"), includeImports: flag("true") };
const extra = {
  secretMetadata: metadata.optional(),
  tagIds: z.string().array().optional(),
  skipMultilineEncoding: z.boolean().nullish(),
};
const reminder = {
  secretReminderRepeatDays: z.number().nullish(),
  secretReminderNote: z.string().max(1024, "Secret reminder note cannot exceed 1024 characters").nullish(),
};
const change = { ...extra, ...reminder, newSecretName: secretNameV4.optional() };

const params = z.object({ secretName: text });
const newParams = z.object({ secretName: secretNameV4 });
const list = z.object({
  projectId: text.optional(),
  environment: text.optional(),
  secretPath: path.default("/"),
  ...read,
  recursive: flag("false"),
  includePersonalOverrides: flag("false"),
});
const get = z.object({ ...place, environment: text.optional(), type: kind, ...read });
const create = z.object({
  ...place,
  secretValue,
  secretComment: text.optional().default(""),
  type: kind,
  ...extra,
  ...reminder,
});
const update = z.object({
  ...place,
  secretValue: secretValue.optional(),
  secretComment: z.string().optional(),
  type: kind,
  ...change,
});
const remove = z.object({ ...place, type: kind });
const createMany = z.object({
  ...place,
  secrets: z
    .object({ secretKey: secretNameV4, secretValue, secretComment: text.optional().default(""), ...extra })
    .array()
    .min(1),
});
const updateMany = z.object({
  ...place,
  mode: z.enum(["failOnNotFound", "upsert", "ignore"]).default("failOnNotFound"),
  secrets: z
    .object({
      secretKey: secretNameV4,
      secretValue: secretValue.optional(),
      secretPath: path.optional(),
      secretComment: text.optional(),
      ...change,
    })
    .array()
    .min(1),
});
const deleteMany = z.object({ ...place, secrets: z.object({ secretKey: z.string(), type: kind }).array().min(1) });
export function secretRoutesV4(app: FastifyInstance, api: Api): void {
  readRoutes(app, api);
  // Before the routes for one secret: `batch` is no name.
  manyRoutes(app, api);
  oneRoutes(app, api);
}

function readRoutes(app: FastifyInstance, api: Api): void {
  app.get(prefix, guarded(api, "secrets"), async (request) => {
    const query = parse(list, request.query);
    const actor = actorOf(request);
    const { projectId, environment, path } = placeOfRead(actor, () => askedPlace(query));
    if (!projectId || !environment) throw badRequest("Missing project id or environment");
    const options = { recursive: query.recursive === "true", expand: query.expandSecretReferences === "true" };
    const found = listSecrets(api, actor, { projectId, environment, path }, options);
    if (!found) return { secrets: [], imports: [] };
    const secrets = found.map((one) => presentRead(api, one, query.viewSecretValue));
    return query.includeImports === "true" ? { secrets, imports: [] } : { secrets };
  });

  app.get(`${prefix}/:secretName`, guarded(api, "secrets"), async (request) => {
    const { secretName: key } = parse(params, request.params);
    const query = parse(get, request.query);
    const actor = actorOf(request);
    const { projectId, environment, path } = placeOfRead(actor, () => askedPlace(query));
    if (!environment || !projectId) throw badRequest("Missing environment");
    const asked = { key, type: query.type, expand: query.expandSecretReferences === "true" };
    const found = getSecret(api, actor, { projectId, environment, path }, asked);
    return { secret: presentRead(api, found, query.viewSecretValue) };
  });
}

const askedPlace = (query: {
  projectId?: string | undefined;
  environment?: string | undefined;
  secretPath: string;
}) => ({ projectId: query.projectId, environment: query.environment, path: query.secretPath });

function oneRoutes(app: FastifyInstance, api: Api): void {
  const one = `${prefix}/:secretName`;

  app.post(one, guarded(api, "secrets"), async (request) => {
    const { secretName: key } = parse(newParams, request.params);
    const body = parse(create, request.body);
    const fields = { key, value: body.secretValue, ...fieldsOf(body), type: body.type };
    return answerCreated.one(api, await createSecret(api, actorOf(request), placeOf(body), fields));
  });

  app.patch(one, guarded(api, "secrets"), async (request) => {
    const { secretName: key } = parse(params, request.params);
    const body = parse(update, request.body);
    const fields = { key, newKey: body.newSecretName, value: body.secretValue, ...fieldsOf(body), type: body.type };
    return answerChanged.one(api, updateSecret(api, actorOf(request), placeOf(body), fields));
  });

  app.delete(one, guarded(api, "secrets"), async (request) => {
    const { secretName: key } = parse(params, request.params);
    const body = parse(remove, request.body);
    return answerChanged.one(api, deleteSecret(api, actorOf(request), placeOf(body), { key, type: body.type }));
  });
}

function manyRoutes(app: FastifyInstance, api: Api): void {
  const batch = `${prefix}/batch`;

  app.post(batch, guarded(api, "secrets"), async (request) => {
    const body = parse(createMany, request.body);
    const secrets = body.secrets.map((one) => ({ key: one.secretKey, value: one.secretValue, ...fieldsOf(one) }));
    return answerCreated.many(api, await createSecrets(api, actorOf(request), placeOf(body), secrets));
  });

  app.patch(batch, guarded(api, "secrets"), async (request) => {
    const body = parse(updateMany, request.body);
    const changes = body.secrets.map((one) => ({
      key: one.secretKey,
      path: one.secretPath,
      newKey: one.newSecretName,
      value: one.secretValue,
      ...fieldsOf(one),
    }));
    return answerChanged.many(api, updateSecrets(api, actorOf(request), placeOf(body), changes, body.mode));
  });

  app.delete(batch, guarded(api, "secrets"), async (request) => {
    const body = parse(deleteMany, request.body);
    const secrets = body.secrets.map((one) => ({ key: one.secretKey }));
    return answerChanged.many(api, deleteSecrets(api, actorOf(request), placeOf(body), secrets));
  });
}

const placeOf = (body: { projectId: string; environment: string; secretPath: string }): SecretPlace => ({
  projectId: body.projectId,
  environment: body.environment,
  path: body.secretPath,
});
