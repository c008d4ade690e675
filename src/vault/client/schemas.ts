import { z } from "zod";
import { SecretValue } from "../../secret.js";

const date = z.string().pipe(z.coerce.date());

export const statusAnswer = z.object({ message: z.string(), date });

export const loginAnswer = z.object({ accessToken: z.string().min(1).transform(SecretValue.of) });

const folder = z.object({ id: z.string().min(1), name: z.string() });

export const folderAnswer = z.object({ folder });

export const foldersAnswer = z.object({ folders: z.array(folder) });

/** `relativePath`: only of servers that list what is below as well. */
export const folderTreeAnswer = z.object({ folders: z.array(folder.extend({ relativePath: z.string().optional() })) });

const secret = z.object({
  id: z.string().min(1),
  version: z.int(),
  type: z.string().default("shared"),
  secretKey: z.string(),
  secretValue: z.string().transform(SecretValue.of),
  /** Current servers: true if the token may see the row but not the value, which is then a placeholder. */
  secretValueHidden: z.boolean().default(false),
  secretComment: z
    .string()
    .nullish()
    .transform((comment) => comment ?? ""),
  /** The value of a pair that the token may not read is left out, and so is the pair then. */
  secretMetadata: z
    .array(z.object({ key: z.string(), value: z.string().optional(), isEncrypted: z.boolean().default(false) }))
    .nullish()
    .transform((pairs) =>
      (pairs ?? []).flatMap(({ value, ...pair }) =>
        value === undefined ? [] : [{ ...pair, value: SecretValue.of(value) }],
      ),
    ),
  tags: z
    .array(z.object({ id: z.string() }))
    .nullish()
    .transform((tags) => tags ?? []),
  environment: z.string().optional(),
  /** In lists on every server; in other answers only on current ones. */
  secretPath: z.string().optional(),
  createdAt: date,
  updatedAt: date,
});

export type SecretRow = z.output<typeof secret>;

/** The 404 of a secret that is not in its folder; a missing folder or environment has another sentence. */
const absent = z.object({
  message: z.string().regex(/^(Secret with name .*not found|One or more secrets does not exist)/i),
});

export const foundAnswer = z.union([z.object({ secret }), absent.transform(() => ({ secret: undefined }))]);

export const secretsAnswer = z.object({ secrets: z.array(secret) });

const approval = z.object({ approval: z.looseObject({}) }).transform(() => ({ approval: true }) as const);

export const writtenAnswer = z.union([approval, secretsAnswer]);

export const deletedAnswer = z.union([
  approval,
  // What was deleted is not looked at: it has the value.
  z.object({ secret: z.looseObject({}) }).transform(() => ({ deleted: true })),
  z.object({ secrets: z.array(z.looseObject({})) }).transform(() => ({ deleted: true })),
  absent.transform(() => ({ deleted: false })),
]);

const issue = z.object({
  path: z.array(z.union([z.string(), z.number()])).default([]),
  message: z.string().default("invalid"),
});

/**
 * Any answer that is no success. `reqId` finds it in the server's log (current servers). `error` is sometimes a code and
 * sometimes the sentence; `message` is an array of zod issues for a failed validation.
 */
export const errorAnswer = z.object({
  // Of no other form: what a message shows may be nothing that was sent.
  reqId: z
    .string()
    .regex(/^req-[\w-]{1,64}$/)
    .optional()
    .catch(undefined),
  message: z.union([z.string(), z.array(issue)]).catch(""),
  error: z.string().catch(""),
});
