/** What a local vault holds when it starts. */
import { z } from "zod";

const folderPath = z.string().regex(/^(\/[A-Za-z0-9_-]+)+\/?$/, "a folder path like /MooseQuest/heroku");
const secretPath = z.union([z.literal("/"), folderPath]);

const secretSchema = z.union([z.string(), z.strictObject({ value: z.string(), comment: z.string().default("") })]);

/** `no-access` is a member who may do nothing, `none` an identity that is not a member of the project. */
const roleSchema = z.enum(["admin", "member", "viewer", "no-access", "none"]);
export type Role = z.infer<typeof roleSchema>;

/** All lifetimes are seconds; 0 means without end. */
const identitySchema = z.strictObject({
  name: z.string().default("machine"),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  role: roleSchema,
  accessTokenTTL: z.int().min(0).default(2_592_000),
  accessTokenMaxTTL: z.int().min(0).default(2_592_000),
  clientSecretTTL: z.int().min(0).default(0),
  clientSecretNumUsesLimit: z.int().min(0).default(0),
});

const scopeSchema = z.strictObject({ environment: z.string(), secretPath: z.string() });
const permissionSchema = z.enum(["read", "write"]);

const serviceTokenSchema = z.strictObject({
  name: z.string().default("service token"),
  token: z.string().regex(/^st\.[^.]+\.[^.]+/, "a service token: st.<id>.<secret>"),
  scopes: z.array(scopeSchema).min(1),
  permissions: z.array(permissionSchema).min(1).default(["read", "write"]),
  /** Seconds from the start. */
  expiresIn: z.int().min(1).optional(),
});

/** A fixed access token of an identity, for programs that are given a token rather than log in. */
const accessTokenSchema = z.strictObject({ token: z.string().min(1), clientId: z.string() });

const defaultEnvironments = [
  { slug: "dev", name: "Development" },
  { slug: "staging", name: "Staging" },
  { slug: "prod", name: "Production" },
];

const seedShape = z.strictObject({
  project: z.strictObject({ id: z.string().min(1), slug: z.string().min(1), name: z.string().min(1) }),
  environments: z
    .array(z.strictObject({ slug: z.string().min(1), name: z.string().min(1) }))
    .min(1)
    .default(defaultEnvironments),
  identities: z.array(identitySchema).default([]),
  serviceTokens: z.array(serviceTokenSchema).default([]),
  accessTokens: z.array(accessTokenSchema).default([]),
  /** Folder paths by environment slug; their parents and the folders of `secrets` need not be listed. */
  folders: z.record(z.string(), z.array(folderPath)).default({}),
  /** Values by environment slug, folder path and name. */
  secrets: z.record(z.string(), z.record(secretPath, z.record(z.string().min(1), secretSchema))).default({}),
  /** Folders, in every environment, whose changes are answered with `{approval}` and not made. */
  approvalPaths: z.array(z.string().startsWith("/")).default([]),
});

/** The vault's half of a seed file. */
export const infisicalSeedSchema = seedShape.superRefine((seed, context) => {
  const slugs = seed.environments.map(({ slug }) => slug);
  for (const part of ["folders", "secrets"] as const) {
    for (const slug of Object.keys(seed[part]).filter((key) => !slugs.includes(key))) {
      const message = `no environment has the slug ${slug}; there are ${slugs.join(", ")}`;
      context.addIssue({ code: "custom", message, path: [part, slug] });
    }
  }
  const clientIds = seed.identities.map(({ clientId }) => clientId);
  for (const [index, { clientId }] of seed.accessTokens.entries()) {
    if (clientIds.includes(clientId)) continue;
    const message = `no identity has the client id ${clientId}`;
    context.addIssue({ code: "custom", message, path: ["accessTokens", index, "clientId"] });
  }
});

/** A seed as one writes it: everything but the project may be left out. */
export type InfisicalSeed = z.input<typeof infisicalSeedSchema>;
export type ParsedSeed = z.output<typeof infisicalSeedSchema>;
export type IdentitySeed = z.input<typeof identitySchema>;
export type ServiceTokenSeed = z.input<typeof serviceTokenSchema>;
export { identitySchema, serviceTokenSchema };
