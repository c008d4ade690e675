/** Bodies and queries of the secret routes, in the real server's order of fields: that is the order of its issues. */
import { z } from "zod/v3";
import { removeTrailingSlash } from "./database.js";
import type { Flavour } from "./errors.js";

export const text = z.string().trim();
const secretPath = text.default("/").transform(removeTrailingSlash);
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((value) => value === "true");
export const kind = z.nativeEnum({ Shared: "shared", Personal: "personal" } as const).default("shared");
const tagIds = z.string().array().optional();

/** The real server trims every value, but for one newline at its end (measured). */
const trimValue = (value: string): string => (value.endsWith("\n") ? `${value.trim()}\n` : value.trim());
export const secretValue = z.string().transform(trimValue);

const withoutSeparators = (name: z.ZodString) =>
  name
    .refine((value) => !value.includes(":"), "Secret name cannot contain colon.")
    .refine((value) => !value.includes("/"), "Secret name cannot contain forward slash.");

/** What the current server takes for a name. */
export const secretNameV4 = withoutSeparators(text.min(1));

/** Pairs that their owner keeps with a secret. */
export const metadata = z
  .object({ key: text.min(1), value: z.string().default(""), isEncrypted: z.boolean().default(false) })
  .array();

/** What a body of either version says of a secret besides its name and value. */
export interface FieldsBody {
  secretComment?: string | undefined;
  secretMetadata?: z.output<typeof metadata> | undefined;
  tagIds?: string[] | undefined;
  skipMultilineEncoding?: boolean | null | undefined;
  secretReminderNote?: string | null | undefined;
  secretReminderRepeatDays?: number | null | undefined;
}

export const fieldsOf = (body: FieldsBody) => ({
  comment: body.secretComment,
  metadata: body.secretMetadata,
  tagIds: body.tagIds,
  skipMultilineEncoding: body.skipMultilineEncoding ?? undefined,
  reminderNote: body.secretReminderNote,
  reminderRepeatDays: body.secretReminderRepeatDays,
});

const project = { workspaceId: text };
const place = { environment: text, secretPath };
const maybeProject = { workspaceId: text.optional() };
const batchPlace = { projectSlug: text.optional(), ...maybeProject, ...place };
const reminder = {
  secretReminderRepeatDays: z.number().optional().nullable(),
  secretReminderNote: z.string().optional().nullable(),
};
const skipMultilineEncoding = z.boolean().optional();

const nameIn = (flavour: Flavour, name: z.ZodString) => (flavour === "current" ? withoutSeparators(name) : name);
const newNameIn = (flavour: Flavour) => nameIn(flavour, z.string().min(1)).optional();
const changedValueIn = (flavour: Flavour) => (flavour === "current" ? secretValue.optional() : secretValue);

/** Of v3, as either server has it. */
export const secretSchemas = (flavour: Flavour) => ({
  ...readSchemas(flavour),
  ...oneSchemas(flavour),
  ...manySchemas(flavour),
});

function readSchemas(flavour: Flavour) {
  const read = {
    expandSecretReferences: flag,
    viewSecretValue:
      flavour === "current" ? z.enum(["true", "false"]).default("true") : z.unknown().transform(() => "true" as const),
  };
  const optionalPlace = {
    ...maybeProject,
    workspaceSlug: text.optional(),
    environment: text.optional(),
    secretPath,
  };
  return {
    list: z.object({ ...optionalPlace, ...read, recursive: flag, include_imports: flag }),
    get: z.object({
      ...optionalPlace,
      version: z.coerce.number().optional(),
      type: kind,
      ...read,
      include_imports: flag,
    }),
  };
}

const oneSchemas = (flavour: Flavour) => ({
  params: z.object({ secretName: text }),
  newParams: z.object({ secretName: nameIn(flavour, text) }),
  create: z.object({
    ...project,
    ...place,
    secretValue,
    secretComment: text.optional().default(""),
    tagIds,
    skipMultilineEncoding,
    type: kind,
    ...reminder,
  }),
  update: z.object({
    ...project,
    environment: text,
    secretValue: changedValueIn(flavour),
    secretPath,
    skipMultilineEncoding,
    type: kind,
    tagIds,
    metadata: z.record(z.string()).optional(),
    ...reminder,
    newSecretName: newNameIn(flavour),
    secretComment: z.string().optional(),
  }),
  delete: z.object({ ...project, ...place, type: kind }),
});

const manySchemas = (flavour: Flavour) => ({
  createMany: z.object({
    ...batchPlace,
    secrets: z
      .object({
        secretKey: nameIn(flavour, text),
        secretValue,
        secretComment: text.optional().default(""),
        skipMultilineEncoding,
        metadata: z.record(z.string()).optional(),
        tagIds,
      })
      .array()
      .min(1),
  }),
  updateMany: z.object({
    ...batchPlace,
    mode:
      flavour === "current"
        ? z.enum(["failOnNotFound", "upsert", "ignore"]).default("failOnNotFound")
        : z.unknown().transform(() => "failOnNotFound" as const),
    secrets: z
      .object({
        secretKey: text,
        newSecretName: newNameIn(flavour),
        secretValue: changedValueIn(flavour),
        secretComment: text.optional(),
        skipMultilineEncoding,
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
});

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
