import type { Cell, CredentialStatus, EnvironmentStatus, StatusReport } from "../../src/report/index.js";

type Name = "staging" | "prod";

const scoped = [
  ["HEROKU_API_KEY", "heroku"],
  ["HEROKU_PLATFORM_API_TOKEN", "heroku"],
  ["ALPACA_PAPER_API_KEY_ID", "alpaca"],
  ["ALPACA_PAPER_API_SECRET_KEY", "alpaca"],
  ["ALPACA_LIVE_API_KEY_ID", "alpaca"],
  ["ALPACA_LIVE_API_SECRET_KEY", "alpaca"],
  ["STRIPE_RESTRICTED_KEY", "stripe"],
  ["POSTMARK_SERVER_TOKEN", "postmark"],
] as const;

const shared = [
  ["CF_PAGES_DEPLOY", "cloudflare"],
  ["ANTHROPIC_API_KEY", "anthropic"],
  ["GITHUB_API_READONLY_TOKEN", "github"],
  ["SLACK_BOT_TOKEN", "slack"],
] as const;

const observedAt = "2026-05-12T09:30:00.000Z";

type Held = Pick<Cell, "state" | "flat"> & { why?: string };
type Change = (name: string, environment: Name) => Held | undefined;

function credentials(usual: Readonly<Record<Name, Held>>, change: Change = () => undefined): CredentialStatus[] {
  return scoped.map(([name, vendor]) => {
    const environments = (["staging", "prod"] as const).map((environment) => {
      const never = environment === "staging" && name.startsWith("ALPACA_LIVE");
      const held = never ? { state: "never" as const, flat: null } : (change(name, environment) ?? usual[environment]);
      return { environment, path: `/MooseQuest/${vendor}/${environment}/`, why: null, codes: [], ...held };
    });
    const [staging, prod] = environments.map(({ state, flat }) => ({ state, flat }));
    const absent = [staging, prod].some((one) => ["never", "missing", "waiting"].includes(one!.state));
    const unread = [staging, prod].some((one) => one!.state === "unreadable");
    const same = staging?.flat === "equal" && prod?.flat === "equal";
    const distinct = absent ? null : unread ? "unchecked" : same ? "equal" : "different";
    return {
      name,
      vendor,
      flat: { path: `/MooseQuest/${vendor}/`, state: "present" },
      environments,
      distinct,
    };
  });
}

type Environment = Partial<Omit<EnvironmentStatus, "flag">> & { flag?: Partial<EnvironmentStatus["flag"]> };

function environment(name: Name, { flag, ...rest }: Environment): EnvironmentStatus {
  return {
    name,
    phase: "empty",
    blocked: [],
    findings: [],
    folders: { present: 4, of: 4 },
    flag: {
      name: "console_vault_env_aware",
      variable: "FLAG_CONSOLE_VAULT_ENV_AWARE",
      app: `raxx-console-${name}`,
      wanted: false,
      recorded: false,
      running: false,
      since: null,
      ...flag,
    },
    soak: { hours: 48, since: null, readyAt: null },
    ...rest,
  };
}

function report(parts: Pick<StatusReport, "environments" | "credentials"> & Partial<StatusReport>): StatusReport {
  return {
    version: 1,
    observedAt,
    target: {
      vault: "https://vault.raxx.example",
      project: "6f2b1c0e-9d3a-4a58-b7b1-0c5f5e7d2a41",
      slug: "prod",
      root: "/MooseQuest",
      heroku: "https://api.heroku.com",
      account: "ops@raxx.example",
    },
    shared: shared.map(([name, vendor]) => ({
      name,
      vendor,
      flat: { path: `/MooseQuest/${vendor}/`, state: "present" },
    })),
    drift: [],
    overrides: [],
    warnings: [],
    findings: [],
    next: [],
    ...parts,
  };
}

const on = (since: string) => ({ wanted: true, recorded: true, running: true, since });
const confirmed = { state: "confirmed", flat: "different" } as const;
const copied = { state: "confirmed", flat: "equal" } as const;

/** Nothing was ever run. */
export const fresh = report({
  environments: (["staging", "prod"] as const).map((name) =>
    environment(name, { folders: { present: 0, of: 4 }, flag: { recorded: null } }),
  ),
  credentials: credentials({ staging: { state: "missing", flat: null }, prod: { state: "missing", flat: null } }),
  next: [
    { command: "console-vault up --stack staging", why: "makes the folders of staging and says what to provision" },
    { command: "console-vault up --stack prod", why: "makes the folders of prod and copies its credentials" },
  ],
});

/** Both stacks were updated once; an operator has provisioned two of staging's six. */
export const awaitingProvision = report({
  environments: [environment("staging", { phase: "awaiting-provision" }), environment("prod", { phase: "confirmed" })],
  credentials: credentials({ staging: { state: "waiting", flat: null }, prod: copied }, (name, environment) =>
    environment === "prod"
      ? undefined
      : name.startsWith("HEROKU")
        ? confirmed
        : name === "STRIPE_RESTRICTED_KEY"
          ? { state: "broken", flat: "equal", why: "begins with rk_live_, and staging takes rk_test_ (prefix)" }
          : undefined,
  ),
  next: [
    { command: "console-vault provision STRIPE_RESTRICTED_KEY --env staging", why: "what is there is a live key" },
    { command: "console-vault provision POSTMARK_SERVER_TOKEN --env staging", why: "not provisioned yet" },
    { command: "console-vault provision ALPACA_PAPER_API_KEY_ID --env staging", why: "not provisioned yet" },
    { command: "console-vault provision ALPACA_PAPER_API_SECRET_KEY --env staging", why: "not provisioned yet" },
  ],
});

/** Staging is on, 31 h 20 min into its 48. */
export const soaking = report({
  environments: [
    environment("staging", {
      phase: "soaking",
      flag: on("2026-05-11T02:10:00.000Z"),
      soak: { hours: 48, since: "2026-05-11T02:10:00.000Z", readyAt: "2026-05-13T02:10:00.000Z" },
    }),
    environment("prod", { phase: "confirmed" }),
  ],
  credentials: credentials({ staging: confirmed, prod: copied }, (name, environment) =>
    environment === "prod" && name === "POSTMARK_SERVER_TOKEN"
      ? {
          state: "stale",
          flat: "different",
          why: "rotated at the flat path on 2026-05-11; the next update copies it again",
        }
      : undefined,
  ),
  warnings: ["no rotation seen on staging since its flag was turned on: console-vault rotate NAME --env staging"],
  next: [
    {
      command: "console-vault rotate HEROKU_API_KEY --env staging",
      why: "a rotation on staging shows that it reads its own path",
    },
    { command: "console-vault promote --from staging --to prod", why: "from 2026-05-13 02:10 UTC on" },
  ],
});

/** Staging soaked; then somebody turned its flag off by hand and wrote one of prod's copies. */
export const drifted = report({
  environments: [
    environment("staging", {
      phase: "confirmed",
      flag: { wanted: true, recorded: true, running: false },
      blocked: ["the flag is wanted on, was last recorded on, and is off on raxx-console-staging"],
    }),
    environment("prod", {
      phase: "awaiting-provision",
      folders: { present: 3, of: 4 },
      blocked: ["HEROKU_API_KEY: conflict: someone else wrote it at /MooseQuest/heroku/prod/"],
    }),
  ],
  credentials: credentials({ staging: confirmed, prod: copied }, (name, environment) =>
    environment === "prod" && name === "HEROKU_API_KEY"
      ? { state: "conflict", flat: "different", why: "someone else wrote it after it was copied" }
      : environment === "prod" && name === "POSTMARK_SERVER_TOKEN"
        ? { state: "unreadable", flat: null, why: "the vault answered 403 for /MooseQuest/postmark/prod/" }
        : undefined,
  ),
  drift: [
    {
      environment: "staging",
      subject: "FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-staging",
      expected: "on",
      found: "off",
    },
    {
      environment: "prod",
      subject: "/MooseQuest/heroku/prod/HEROKU_API_KEY",
      expected: "as copied",
      found: "written again",
    },
  ],
  overrides: [
    {
      environment: "prod",
      name: "STRIPE_RESTRICTED_KEY",
      rule: "prefix",
      reason: "an older key shape, replaced in June",
    },
  ],
  next: [
    { command: "console-vault up --stack staging", why: "turns the flag on again; the soak begins anew" },
    { command: "console-vault provision HEROKU_API_KEY --env prod", why: "settles which value prod is to have" },
  ],
});

export const worlds = { fresh, awaitingProvision, soaking, drifted };
