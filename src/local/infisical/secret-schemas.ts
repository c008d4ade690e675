/** Bodies and queries of the secret routes, in the real server's order of fields: that is the order of its issues. */
import { z } from "zod/v3";
import type { Flavour } from "./errors.js";
import { removeTrailingSlash } from "./world.js";

export const text = z.string().trim();
const secretPath = text.default("/").transform(removeTrailingSlash);
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((value) => value === "true");
export const kind = z.nativeEnum({ Shared: "shared", Personal: "personal" } as const).default("shared");
const tagIds = z.string().array().optional();

/** The real server trims every value, but for one newline at its end (measured). */
export const trimValue = (value: string): string => (value.endsWith("\n") ? `${value.trim()}\n` : value.trim());
export const secretValue = z.string().transform(trimValue);

const withoutSeparators = (name: z.ZodString) =>
  name
    .refine((value) => !value.includes(":"), "Secret name cannot contain colon.")
    .refine((value) => !value.includes("/"), "Secret name cannot contain forward slash.");

/** What the current server takes for a name. */
export const secretNameV4 = withoutSeparators(text.min(1));

export function secretSchemas(flavour: Flavour) {
  const current = flavour === "current";
  const project = { workspaceId: text };
  const maybeProject = { workspaceId: text.optional() };
  const place = { environment: text, secretPath };
  const batchPlace = { projectSlug: text.optional(), ...maybeProject, ...place };

  const nameOf = (name: z.ZodString) => (current ? withoutSeparators(name) : name);
  const newSecretName = nameOf(z.string().min(1)).optional();
  const changedValue = current ? secretValue.optional() : secretValue;
  const reminder = {
    secretReminderRepeatDays: z.number().optional().nullable(),
    secretReminderNote: z.string().optional().nullable(),
  };
  const read = {
    expandSecretReferences: flag,
    viewSecretValue: current ? z.enum(["true", "false"]).default("true") : z.unknown().transform(() => "true" as const),
  };
  const optionalPlace = {
    ...maybeProject,
    workspaceSlug: text.optional(),
    environment: text.optional(),
    secretPath,
  };

  return {
    params: z.object({ secretName: text }),
    newParams: z.object({ secretName: nameOf(text) }),
    list: z.object({ ...optionalPlace, ...read, recursive: flag, include_imports: flag }),
    get: z.object({
      ...optionalPlace,
      version: z.coerce.number().optional(),
      type: kind,
      ...read,
      include_imports: flag,
    }),
    create: z.object({
      ...project,
      ...place,
      secretValue,
      secretComment: text.optional().default(""),
      tagIds,
      skipMultilineEncoding: z.boolean().optional(),
      type: kind,
      ...reminder,
    }),
    update: z.object({
      ...project,
      environment: text,
      secretValue: changedValue,
      secretPath,
      skipMultilineEncoding: z.boolean().optional(),
      type: kind,
      tagIds,
      metadata: z.record(z.string()).optional(),
      ...reminder,
      newSecretName,
      secretComment: z.string().optional(),
    }),
    delete: z.object({ ...project, ...place, type: kind }),
    createMany: z.object({
      ...batchPlace,
      secrets: z
        .object({
          secretKey: nameOf(text),
          secretValue,
          secretComment: text.optional().default(""),
          skipMultilineEncoding: z.boolean().optional(),
          metadata: z.record(z.string()).optional(),
          tagIds,
        })
        .array()
        .min(1),
    }),
    updateMany: z.object({
      ...batchPlace,
      mode: current
        ? z.enum(["failOnNotFound", "upsert", "ignore"]).default("failOnNotFound")
        : z.unknown().transform(() => "failOnNotFound" as const),
      secrets: z
        .object({
          secretKey: text,
          newSecretName,
          secretValue: changedValue,
          secretComment: text.optional(),
          skipMultilineEncoding: z.boolean().optional(),
          tagIds,
          ...reminder,
        })
        .array()
        .min(1),
    }),
    deleteMany: z.object({
      ...batchPlace,
      secrets: z.object({ secretKey: text, type: kind }).array().min(1),
    }),
    move: z.object({
      projectSlug: text,
      sourceEnvironment: text,
      sourceSecretPath: secretPath,
      destinationEnvironment: text,
      destinationSecretPath: secretPath,
      secretIds: z.string().array(),
      shouldOverwrite: z.boolean().default(false),
    }),
  };
}

/** The endpoint of end-to-end encrypted values, which a raw create without a name in its URL falls through to. */
export const encryptedSecret = z.object({
  workspaceId: text,
  environment: text,
  type: kind,
  secretPath,
  secretKeyCiphertext: text,
  secretKeyIV: text,
  secretKeyTag: text,
  secretValueCiphertext: text,
  secretValueIV: text,
  secretValueTag: text,
});
