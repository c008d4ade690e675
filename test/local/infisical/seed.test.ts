import { describe, expect, it } from "vitest";
import { type InfisicalSeed, infisicalSeedSchema, startInfisical } from "../../../src/local/infisical/index.js";
import { defaultSeed, localSeedSchema } from "../../../src/local/seed.js";
import { asking } from "./ask.js";

const project = { id: "some-project", slug: "some", name: "Some" };

describe("a seed", () => {
  it("is the world that the service starts with", async () => {
    const seed: InfisicalSeed = {
      project,
      environments: [{ slug: "only", name: "Only" }],
      identities: [{ clientId: "machine", clientSecret: "told-to-nobody", role: "viewer" }],
      accessTokens: [{ token: "fixed-token", clientId: "machine" }],
      serviceTokens: [
        {
          token: "st.one.0123456789abcdef",
          scopes: [{ environment: "only", secretPath: "/**" }],
          permissions: ["write"],
        },
      ],
      folders: { only: ["/empty/below"] },
      secrets: { only: { "/a/b": { PLAIN: "1", NOTED: { value: "2\n", comment: "why" } }, "/": { TOP: "3" } } },
      approvalPaths: ["/a/**"],
    };
    const { vault, url, close } = await startInfisical({ seed });
    try {
      expect(vault.project).toEqual(project);
      expect(vault.folders("only")).toEqual(["/empty", "/empty/below", "/a", "/a/b"]);
      expect(vault.allSecrets("only").map(({ path, name, value, comment }) => [path, name, value, comment])).toEqual([
        ["/", "TOP", "3", ""],
        ["/a/b", "PLAIN", "1", ""],
        ["/a/b", "NOTED", "2\n", "why"],
      ]);
      const place = { workspaceId: project.id, environment: "only", secretPath: "/a/b" };
      const read = { query: place };
      expect((await asking(url, "fixed-token")("GET", "/api/v3/secrets/raw/PLAIN", read)).status).toBe(200);
      const token = asking(url, "st.one.0123456789abcdef");
      expect((await token("GET", "/api/v3/secrets/raw/PLAIN", read)).status).toBe(403);
      const write = { body: { ...place, secretValue: "x" } };
      expect((await token("PATCH", "/api/v3/secrets/raw/PLAIN", write)).body).toHaveProperty("approval");
    } finally {
      await close();
    }
  });

  it("is refused with every mistake by its place", () => {
    const { error } = infisicalSeedSchema.safeParse({
      project,
      environments: [{ slug: "prod", name: "Production" }],
      accessTokens: [{ token: "t", clientId: "nobody" }],
      secrets: { nope: { "/a": { KEY: "v" } } },
    });
    expect(error?.issues.map(({ path, message }) => [path.join("."), message])).toEqual([
      ["secrets.nope", "no environment has the slug nope; there are prod"],
      ["accessTokens.0.clientId", "no identity has the client id nobody"],
    ]);
    const mistyped = { project, folders: { prod: ["no slash"] }, secret: {} };
    expect(infisicalSeedSchema.safeParse(mistyped).error?.issues.length).toBe(2);
  });
});

describe("the default seed", () => {
  const flat = () => defaultSeed().infisical.secrets?.prod ?? {};
  const text = (secret: string | { value: string }) => (typeof secret === "string" ? secret : secret.value);

  it("fits the schema of a seed file, also after a trip through JSON", () => {
    const file: unknown = JSON.parse(JSON.stringify(defaultSeed()));
    expect(localSeedSchema.safeParse(file).error).toBeUndefined();
  });

  it("is the flat vault of docs/console-vault-env-aware.md and some names that nobody manages", () => {
    const { infisical } = defaultSeed();
    expect(infisical.project).toMatchObject({ id: "7d5f9a52-1c0e-4a6b-9f60-0c5a6e1b2d34", slug: "moose-quest" });
    expect(Object.keys(infisical.secrets ?? {})).toEqual(["prod"]);
    const names = Object.fromEntries(Object.entries(flat()).map(([path, values]) => [path, Object.keys(values)]));
    expect(names).toEqual({
      "/MooseQuest/heroku": ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN", "LEGACY_DYNO_TOKEN"],
      "/MooseQuest/alpaca": [
        "ALPACA_PAPER_API_KEY_ID",
        "ALPACA_PAPER_API_SECRET_KEY",
        "ALPACA_LIVE_API_KEY_ID",
        "ALPACA_LIVE_API_SECRET_KEY",
      ],
      "/MooseQuest/stripe": ["STRIPE_RESTRICTED_KEY", "STRIPE_WEBHOOK_SECRET"],
      "/MooseQuest/postmark": ["POSTMARK_SERVER_TOKEN"],
      "/MooseQuest/cloudflare": [
        "CF_PAGES_DEPLOY",
        "CF_ACCESS_MGMT",
        "CF_PAGES_READ",
        "CF_ACCESS_SVC_CONSOLE",
        "CF_ACCESS_SVC_VAULT",
        "CLOUDFLARE_RAXX_AUTOMATION_API_TOKEN",
      ],
      "/MooseQuest/anthropic": ["ANTHROPIC_API_KEY"],
      "/MooseQuest/github": ["GITHUB_API_READONLY_TOKEN"],
      "/MooseQuest/google": ["GOOGLE_WORKSPACE_SA_KEY_JSON"],
      "/MooseQuest/dreamhost": ["DREAMHOST_API_KEY"],
      "/MooseQuest/slack": ["SLACK_BOT_TOKEN", "BOT_USER_SLACK_TRADING_MASTER_API"],
      "/MooseQuest/aws": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
      "/MooseQuest/infisical": ["INFISICAL_SERVICE_TOKEN"],
      "/MooseQuest/mailgun": ["MAILGUN_KEY"],
    });
  });

  it("has values of the right shape, all different and new each time", () => {
    const values = Object.values(flat()).flatMap((names) => Object.values(names).map(text));
    const again = Object.values(flat()).flatMap((names) => Object.values(names).map(text));
    expect(new Set([...values, ...again]).size).toBe(values.length + again.length);
    expect(values.every((value) => value === (value.endsWith("\n") ? `${value.trim()}\n` : value.trim()))).toBe(true);
    const alpaca = flat()["/MooseQuest/alpaca"] ?? {};
    expect(text(alpaca.ALPACA_PAPER_API_KEY_ID ?? "")).toMatch(/^PK[A-Z0-9]{18}$/);
    expect(text(alpaca.ALPACA_LIVE_API_KEY_ID ?? "")).toMatch(/^AK[A-Z0-9]{18}$/);
    expect(text(flat()["/MooseQuest/stripe"]?.STRIPE_RESTRICTED_KEY ?? "")).toMatch(/^rk_live_[A-Za-z0-9]+$/);
    expect(text(flat()["/MooseQuest/postmark"]?.POSTMARK_SERVER_TOKEN ?? "")).toMatch(
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });

  it("starts a vault into which its admin can log in, and whose own service token works", async () => {
    const { infisical } = defaultSeed();
    const { url, close, vault } = await startInfisical({ seed: infisical });
    try {
      const [admin] = infisical.identities ?? [];
      const credentials = { clientId: admin?.clientId, clientSecret: admin?.clientSecret };
      expect((await asking(url)("POST", "/api/v1/auth/universal-auth/login", { body: credentials })).status).toBe(200);
      const token = vault.value("prod", "/MooseQuest/infisical", "INFISICAL_SERVICE_TOKEN");
      const query = { workspaceId: vault.project.id, environment: "prod", secretPath: "/MooseQuest/heroku" };
      expect((await asking(url, token)("GET", "/api/v3/secrets/raw", { query })).body.secrets).toHaveLength(3);
    } finally {
      await close();
    }
  });
});
