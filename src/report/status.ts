import { z } from "zod";
import { phases } from "../migration/index.js";

const time = z.iso.datetime();
const count = z.int().nonnegative();

/** What may be said of a credential at an environment's path, worst first where several hold. */
const cellStates = [
  "unreadable",
  "conflict",
  "broken",
  "stale",
  "missing",
  "waiting",
  "placed",
  "confirmed",
  "never",
] as const;

/** A finding with its sentence. The data beside the code differ by it: `src/migration/findings.ts`. */
const finding = z
  .looseObject({ code: z.string(), text: z.string() })
  .describe("A finding: its code (docs/troubleshooting.md), what it is about, and the same in words");

const cell = z
  .object({
    environment: z.string(),
    path: z.string().describe("The environment path, e.g. /Company/vendor/environment/"),
    state: z
      .enum(cellStates)
      .describe(
        "unreadable: the token may not read it; conflict: someone else wrote the target of a copy; broken: there, but its rule fails; " +
          "stale: its source has changed since it was copied; missing: not there; waiting: an operator is to provision it; placed: there, not read back yet; " +
          "confirmed: read back, and its rule holds; never: this environment may not hold it, and does not",
      ),
    flat: z
      .enum(["equal", "different", "unknown"])
      .nullable()
      .describe("Compared with the value at the flat path; null where one of the two is not there"),
    why: z.string().nullable().describe("What is wrong with it; never a value"),
    codes: z.array(z.string()).describe("The same as codes of docs/troubleshooting.md"),
  })
  .describe("A credential in one environment");

const credential = z.object({
  name: z.string(),
  vendor: z.string(),
  flat: z.object({ path: z.string(), state: z.enum(["present", "absent", "unreadable"]) }),
  environments: z
    .array(cell)
    .describe("One per environment, in the order of environments; none for a shared credential"),
  distinct: z
    .enum(["different", "equal", "unchecked"])
    .nullable()
    .describe("The environments' values among each other; null where fewer than two are there"),
});

const environment = z.object({
  name: z.string(),
  phase: z.enum(phases),
  blocked: z.array(z.string()).describe("What stands in the way of the next phase"),
  findings: z.array(finding).describe("The same as data, in the same order"),
  folders: z.object({ present: count, of: count }),
  flag: z.object({
    name: z.string(),
    variable: z.string(),
    app: z.string(),
    wanted: z.boolean().describe("In the stack's config"),
    recorded: z
      .boolean()
      .nullable()
      .describe("After the stack's last update; null before the first, and where it was on on some of its apps only"),
    running: z
      .boolean()
      .nullable()
      .describe("On the app now; null when it could not be read, and where it is on on some of its apps only"),
    apps: z
      .array(z.object({ app: z.string(), recorded: z.boolean().nullable(), running: z.boolean().nullable() }))
      .optional()
      .describe("Where the flag stands on several apps: each, in the order in which it turns on; app names them all"),
    since: time.nullable().describe("The release that turned the running flag on"),
  }),
  soak: z.object({
    hours: z.number().positive().describe("Asked for"),
    since: time.nullable().describe("null while it does not run"),
    readyAt: time.nullable().describe("When it is over; null while it does not run"),
  }),
});

/** Everything that `console-vault status` knows. Names, paths, states and times: no secret, and nothing made from one. */
export const statusReport = z
  .object({
    version: z.literal(1),
    observedAt: time.describe("Heroku's clock when the worlds were read"),
    target: z.object({
      vault: z.string(),
      project: z.string(),
      slug: z.string(),
      root: z.string(),
      heroku: z.string(),
      account: z.string(),
    }),
    environments: z.array(environment).min(1).describe("In the order in which the flag is turned on"),
    credentials: z.array(credential).describe("With a value per environment"),
    shared: z.array(credential.pick({ name: true, vendor: true, flat: true })).describe("With one value for all"),
    drift: z
      .array(z.object({ environment: z.string(), subject: z.string(), expected: z.string(), found: z.string() }))
      .describe("Where what is there is not what was last recorded"),
    overrides: z.array(z.object({ environment: z.string(), name: z.string(), rule: z.string(), reason: z.string() })),
    warnings: z.array(z.string()),
    findings: z.array(finding).describe("The warnings as data, in the same order"),
    next: z
      .array(
        z.object({
          command: z.string(),
          why: z.string(),
          setting: z.string().optional().describe("A key of a stack's file that has to be set before"),
        }),
      )
      .describe("To type next, in this order"),
  })
  .meta({ title: "console-vault status", description: "What `console-vault status --json` prints" });

export type StatusReport = z.infer<typeof statusReport>;
export type EnvironmentStatus = StatusReport["environments"][number];
export type CredentialStatus = StatusReport["credentials"][number];
export type Cell = CredentialStatus["environments"][number];
export type CellState = Cell["state"];
