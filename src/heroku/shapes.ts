// What is used of the Platform API's answers.
import { z } from "zod";

export const account = z.object({ id: z.string(), email: z.string() });
/** The account that an API key belongs to. */
export type HerokuAccount = z.output<typeof account>;

export const app = z
  .object({ id: z.string(), name: z.string(), owner: z.object({ email: z.string() }) })
  .transform(({ id, name, owner }) => ({ id, name, owner: owner.email }));
/** An app; `owner` is an e-mail address. */
export type HerokuApp = z.output<typeof app>;

export const release = z
  .object({
    id: z.string(),
    version: z.int(),
    description: z.string(),
    status: z.string(),
    current: z.boolean().default(false),
    created_at: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
    user: z.object({ email: z.string() }),
  })
  .transform(({ created_at, user, ...kept }) => ({ ...kept, createdAt: new Date(created_at), user: user.email }));
/** A release; `user` is the e-mail address of who made it. */
export type HerokuRelease = z.output<typeof release>;

export const configVars = z.record(z.string(), z.string().nullable());
