import { describe, expect, it, onTestFinished } from "vitest";
import { Control } from "../../../src/local/control.js";
import type { Fault } from "../../../src/local/faults.js";
import { type InfisicalSeed, type RateLimits, startInfisical } from "../../../src/local/infisical/index.js";
import { SecretValue } from "../../../src/secret.js";
import {
  createInfisicalClient,
  type InfisicalAuth,
  type InfisicalClientOptions,
  InfisicalError,
  trimmed,
} from "../../../src/vault/client/index.js";
import type { Wait } from "../../../src/waits.js";

const PROJECT = "7b8c3f0e-0000-4000-8000-000000000001";
const tokenAuth = (token: string): InfisicalAuth => ({ kind: "token", token: SecretValue.of(token) });
const universalAuth = (clientId: string, clientSecret: string): InfisicalAuth => ({
  kind: "universal",
  clientId,
  clientSecret: SecretValue.of(clientSecret),
});
const ADMIN = universalAuth("admin", "admin-secret");

const serviceToken = (name: string) => `st.${name}.0123456789abcdef0123456789abcdef`;
const allOfProd = [{ environment: "prod", secretPath: "/MooseQuest/**" }];

const seed: InfisicalSeed = {
  project: { id: PROJECT, slug: "moose", name: "Moose" },
  identities: [
    { clientId: "admin", clientSecret: "admin-secret", role: "admin" },
    { clientId: "viewer", clientSecret: "viewer-secret", role: "viewer" },
    { clientId: "outsider", clientSecret: "outsider-secret", role: "none" },
    { clientId: "short", clientSecret: "short-secret", role: "admin", accessTokenTTL: 60, accessTokenMaxTTL: 600 },
  ],
  serviceTokens: [
    { token: serviceToken("full"), scopes: allOfProd },
    { token: serviceToken("readonly"), scopes: allOfProd, permissions: ["read"] },
    { token: serviceToken("pinned"), scopes: [{ environment: "prod", secretPath: "/MooseQuest/heroku" }] },
    { token: serviceToken("brief"), scopes: allOfProd, expiresIn: 60 },
  ],
  accessTokens: [{ token: "fixed-access-token", clientId: "admin" }],
  folders: { prod: ["/MooseQuest/empty"] },
  secrets: {
    prod: {
      "/MooseQuest/heroku": {
        HEROKU_API_KEY: { value: "flat-key", comment: "kept by hand" },
        REF: "a-${HEROKU_API_KEY}-b",
      },
      "/MooseQuest/heroku/staging": { HEROKU_API_KEY: "staging-key" },
    },
  },
  approvalPaths: ["/MooseQuest/guarded"],
};

type Flavour = "2024-10" | "current";

const routes = {
  "2024-10": { folders: "/api/v1/folders", one: "/api/v3/secrets/raw", batch: "/api/v3/secrets/batch/raw" },
  current: { folders: "/api/v2/folders", one: "/api/v4/secrets", batch: "/api/v4/secrets/batch" },
} as const;

async function world(flavour: Flavour, more: { rateLimits?: RateLimits } = {}) {
  const control = new Control();
  const service = await startInfisical({ port: 0, control, seed, flavour, ...more });
  onTestFinished(() => service.close());
  const client = (auth: InfisicalAuth = ADMIN, options: Partial<InfisicalClientOptions> = {}) =>
    createInfisicalClient({
      url: service.url,
      projectId: PROJECT,
      environment: "prod",
      auth,
      retry: { firstWaitMs: 10 },
      ...options,
    });
  const fault = (order: Fault) => control.addFault(order);
  // Without the one that tells an older server from a current one, and does nothing there.
  const probe = flavour === "2024-10" ? /^\/api\/v[24]\// : /^$/;
  const writes = () => control.requests.filter(({ write, path }) => write && !probe.test(path));
  return { control, service, client, fault, writes, vault: client() };
}

const secret = (name: string, value: string, comment?: string) => ({
  name,
  value: SecretValue.of(value),
  ...(comment === undefined ? {} : { comment }),
});

for (const flavour of ["2024-10", "current"] as const) {
  describe(`Infisical as of ${flavour}`, () => {
    describe("access", () => {
      it("tells its status without a token", async () => {
        const { client } = await world(flavour);
        expect(await client(tokenAuth("nonsense")).status()).toMatchObject({ message: "Ok", date: expect.any(Date) });
      });

      const good: [string, InfisicalAuth][] = [
        ["universal auth", ADMIN],
        ["a service token", tokenAuth(serviceToken("full"))],
        ["an access token", tokenAuth("fixed-access-token")],
        ["a role that only reads", universalAuth("viewer", "viewer-secret")],
      ];
      for (const [name, auth] of good) {
        it(`is granted by ${name}`, async () => {
          const { client } = await world(flavour);
          await client(auth).checkAccess();
          expect(await client(auth).listSecrets("/MooseQuest/heroku/")).toHaveLength(2);
        });
      }

      const bad: [string, InfisicalAuth, Partial<InfisicalClientOptions>, object][] = [
        ["a wrong client secret", universalAuth("admin", "wrong"), {}, { kind: "unauthorized" }],
        ["an unknown client id", universalAuth("nobody", "x"), {}, { kind: "unauthorized" }],
        ["a damaged token", tokenAuth("garbage"), {}, { kind: "unauthorized" }],
        ["an unknown service token", tokenAuth(serviceToken("unknown")), {}, { kind: "unauthorized" }],
        [
          "an identity of another project",
          universalAuth("outsider", "outsider-secret"),
          {},
          { kind: "unknown-project" },
        ],
        [
          "an unknown project",
          ADMIN,
          { projectId: "7b8c3f0e-0000-4000-8000-00000000000f" },
          { kind: "unknown-project" },
        ],
        ["a project's slug in place of its id", ADMIN, { projectId: "moose" }, { kind: "unknown-project" }],
        [
          "a service token on another project",
          tokenAuth(serviceToken("full")),
          { projectId: "moose" },
          { kind: "unknown-project" },
        ],
        ["an unknown environment", ADMIN, { environment: "production" }, { kind: "unknown-environment" }],
      ];
      for (const [name, auth, options, error] of bad) {
        it(`is refused to ${name}, by every call`, async () => {
          const { client } = await world(flavour);
          const vault = client(auth, options);
          await expect(vault.checkAccess()).rejects.toMatchObject(error);
          await expect(vault.listFolders("/")).rejects.toMatchObject(error);
          await expect(vault.folderExists("/MooseQuest")).rejects.toMatchObject(error);
          await expect(vault.createFolder("/MooseQuest/new")).rejects.toMatchObject(error);
          await expect(vault.listSecrets("/MooseQuest/heroku")).rejects.toMatchObject(error);
          await expect(vault.getSecret("/MooseQuest/heroku", "HEROKU_API_KEY")).rejects.toMatchObject(error);
          await expect(vault.createSecrets("/MooseQuest/heroku", [secret("X", "x")])).rejects.toMatchObject(error);
          await expect(vault.updateSecrets("/MooseQuest/heroku", [secret("REF", "x")])).rejects.toMatchObject(error);
          await expect(vault.deleteSecret("/MooseQuest/heroku", "REF")).rejects.toMatchObject(error);
        });
      }

      it("is asked for with one login, however many calls begin at once", async () => {
        const { vault, control } = await world(flavour);
        expect(control.requests).toEqual([]);
        await Promise.all([vault.checkAccess(), vault.listFolders("/"), vault.listSecrets("/MooseQuest/heroku")]);
        expect(control.requests.filter(({ path }) => path.endsWith("/login"))).toHaveLength(1);
      });

      it("is not asked for again with a client secret that was refused", async () => {
        const { client, control } = await world(flavour);
        const vault = client(universalAuth("admin", "wrong"));
        await Promise.allSettled([vault.checkAccess(), vault.checkAccess()]);
        await expect(vault.checkAccess()).rejects.toMatchObject({ kind: "unauthorized" });
        expect(control.requests).toHaveLength(1);
      });

      for (const [name, seconds] of [
        ["idle (401)", 120],
        ["past its end (403)", 1200],
      ] as const) {
        it(`is renewed by one login when the token is ${name}, also for a write`, async () => {
          const { client, control, writes } = await world(flavour);
          const vault = client(universalAuth("short", "short-secret"));
          await vault.checkAccess();
          control.clock.advance(seconds * 1000);
          const written = vault.createSecrets("/MooseQuest/empty", [secret("X", "x")]);
          await Promise.all([written, vault.listFolders("/"), vault.listFolders("/MooseQuest")]);
          expect(control.requests.filter(({ path }) => path.endsWith("/login"))).toHaveLength(2);
          expect(
            writes()
              .map(({ status }) => status)
              .at(-1),
          ).toBe(200);
          expect(await vault.listSecrets("/MooseQuest/empty")).toHaveLength(1);
        });
      }

      it("ends with a service token's life, and the message says what to set", async () => {
        const { client, control } = await world(flavour);
        const vault = client(tokenAuth(serviceToken("brief")));
        await vault.checkAccess();
        control.clock.advance(61_000);
        await expect(vault.checkAccess()).rejects.toMatchObject({
          kind: "unauthorized",
          message: expect.stringContaining("has expired. Set INFISICAL_TOKEN"),
        });
        await expect(vault.checkAccess()).rejects.toMatchObject({ kind: "unauthorized" });
      });

      it("to write is refused to one that only reads", async () => {
        const { client } = await world(flavour);
        for (const auth of [universalAuth("viewer", "viewer-secret"), tokenAuth(serviceToken("readonly"))]) {
          const vault = client(auth);
          await expect(vault.createSecrets("/MooseQuest/heroku", [secret("X", "x")])).rejects.toMatchObject({
            kind: "forbidden",
          });
          await expect(vault.createFolder("/MooseQuest/new")).rejects.toMatchObject({ kind: "forbidden" });
        }
      });

      it("keeps secrets whose names are those of routes", async () => {
        const { service, client } = await world(flavour);
        const vault = client(ADMIN);
        const names = ["batch", "move", "raw"];
        await vault.createSecrets(
          "/MooseQuest/heroku",
          names.map((name) => ({ name, value: SecretValue.of(`of ${name}`) })),
        );
        for (const name of names) {
          expect((await vault.getSecret("/MooseQuest/heroku", name))?.value.reveal()).toBe(`of ${name}`);
          expect(await vault.deleteSecret("/MooseQuest/heroku", name)).toEqual({ deleted: true });
          expect(service.vault.value("prod", "/MooseQuest/heroku", name)).toBeUndefined();
          expect(await vault.deleteSecret("/MooseQuest/heroku", name)).toEqual({ deleted: false });
        }
      });

      it("lists a folder with all below it, and not one whose name only begins the same", async () => {
        const { service, client } = await world(flavour);
        service.vault.write("prod", "/MooseQuest/heroku/staging", "BELOW", "x");
        service.vault.write("prod", "/MooseQuest/heroku2", "BESIDE", "x");
        const names = (await client(ADMIN).listSecrets("/MooseQuest/heroku", { recursive: true })).map(
          ({ name }) => name,
        );
        expect(names).toContain("BELOW");
        expect(names).not.toContain("BESIDE");
      });

      it("to make a folder counts at the folder above it, and the message names that one", async () => {
        const { service, client } = await world(flavour);
        const scopes = [{ environment: "prod", secretPath: "/MooseQuest/heroku/staging/**" }];
        const token = service.vault.addServiceToken({ name: "own", scopes, permissions: ["read", "write"] });
        const refused = client(tokenAuth(token)).createFolder("/MooseQuest/heroku/staging");
        await expect(refused).rejects.toMatchObject({
          kind: "forbidden",
          message: expect.stringMatching(
            /may not create the folder \/MooseQuest\/heroku\/staging\/ .*write permission for \/MooseQuest\/heroku\/ in the environment prod/,
          ),
        });
      });
    });

    describe("folders", () => {
      it("are made with their parents, and made again without a change", async () => {
        const { vault } = await world(flavour);
        expect(await vault.folderExists("/MooseQuest/stripe/prod")).toBe(false);
        const id = await vault.createFolder("/MooseQuest/stripe/prod/");
        expect(await vault.createFolder("/MooseQuest/stripe/prod")).toBe(id);
        expect(await vault.folderExists("/MooseQuest/stripe/prod")).toBe(true);
        expect(await vault.listFolders("/MooseQuest/stripe")).toEqual([
          { id, name: "prod", path: "/MooseQuest/stripe/prod/" },
        ]);
      });

      it("are made once, when many ask for them at the same time", async () => {
        const { vault, client } = await world(flavour);
        const asking = [vault, client(), client()].flatMap((one) => [
          one.createFolder("/new/a"),
          one.createFolder("/new/b"),
        ]);
        const ids = await Promise.all(asking);
        expect(new Set(ids).size).toBe(2);
        expect((await vault.listFolders("/")).map(({ name }) => name).sort()).toEqual(["MooseQuest", "new"]);
      });

      it("below the root are listed; one that is missing lists none", async () => {
        const { vault } = await world(flavour);
        expect((await vault.listFolders("/MooseQuest/")).map(({ path }) => path).sort()).toEqual([
          "/MooseQuest/empty/",
          "/MooseQuest/heroku/",
        ]);
        expect(await vault.listFolders("/nowhere")).toEqual([]);
        expect(await vault.folderExists("/nowhere/at/all")).toBe(false);
        expect(await vault.folderExists("/")).toBe(true);
      });

      it("are deleted under their parent, and once", async () => {
        const { vault } = await world(flavour);
        expect(await vault.deleteFolder("/MooseQuest/empty")).toBe(true);
        expect(await vault.folderExists("/MooseQuest/empty")).toBe(false);
        expect(await vault.deleteFolder("/MooseQuest/empty")).toBe(false);
        expect(await vault.folderExists("/MooseQuest/heroku/staging")).toBe(true);
      });

      it("that the server would not make are refused before anything is sent", async () => {
        const { vault, control } = await world(flavour);
        for (const path of [
          "/",
          "/MooseQuest/with space",
          "/MooseQuest/..",
          "/MooseQuest//x",
          "MooseQuest/x",
          "/a.b",
        ]) {
          await expect(vault.createFolder(path)).rejects.toMatchObject({ kind: "invalid" });
          await expect(vault.deleteFolder(path)).rejects.toMatchObject({ kind: "invalid" });
        }
        expect(control.requests).toEqual([]);
      });

      it("whose answer is lost are looked for, not made twice", async () => {
        const { vault, fault, writes } = await world(flavour);
        fault({ method: "POST", path: routes[flavour].folders, times: 1, do: "drop-after" });
        const id = await vault.createFolder("/MooseQuest/lost/prod");
        expect(await vault.listFolders("/MooseQuest/lost")).toEqual([
          { id, name: "prod", path: "/MooseQuest/lost/prod/" },
        ]);
        expect(writes()).toHaveLength(1);
        fault({ method: "DELETE", times: 1, do: "drop-after" });
        expect(await vault.deleteFolder("/MooseQuest/lost/prod")).toBe(true);
      });

      it("that were not made when the connection broke end as unknown", async () => {
        const { vault, fault, writes } = await world(flavour);
        fault({ method: "POST", path: routes[flavour].folders, do: "drop" });
        await expect(vault.createFolder("/MooseQuest/lost")).rejects.toMatchObject({ kind: "unknown-outcome" });
        fault({ method: "DELETE", do: "drop" });
        await expect(vault.deleteFolder("/MooseQuest/empty")).rejects.toMatchObject({ kind: "unknown-outcome" });
        expect(writes()).toHaveLength(2);
        expect(await vault.folderExists("/MooseQuest/empty")).toBe(true);
      });
    });

    describe("secrets", () => {
      it("are listed with all below, as they are stored", async () => {
        const { vault } = await world(flavour);
        const entries = await vault.listSecrets("/MooseQuest", { recursive: true });
        const seen = entries.map(({ path, name, value }) => `${path}${name}=${value.reveal()}`).sort();
        expect(seen).toEqual([
          "/MooseQuest/heroku/HEROKU_API_KEY=flat-key",
          "/MooseQuest/heroku/REF=a-${HEROKU_API_KEY}-b",
          "/MooseQuest/heroku/staging/HEROKU_API_KEY=staging-key",
        ]);
        const key = entries.find(({ value }) => value.reveal() === "flat-key");
        expect(key).toMatchObject({
          version: 1,
          revision: `${key?.id}@1`,
          comment: "kept by hand",
          createdAt: expect.any(Date),
        });
      });

      it("are listed of one folder only, unless asked for more", async () => {
        const { vault } = await world(flavour);
        expect((await vault.listSecrets("/MooseQuest/heroku/")).map(({ name }) => name).sort()).toEqual([
          "HEROKU_API_KEY",
          "REF",
        ]);
        expect(await vault.listSecrets("/MooseQuest/empty")).toEqual([]);
        expect(await vault.listSecrets("/nowhere", { recursive: true })).toEqual([]);
      });

      it("are read one by one; one that is missing is undefined, a missing folder is an error", async () => {
        const { vault } = await world(flavour);
        const entry = await vault.getSecret("/MooseQuest/heroku/staging", "HEROKU_API_KEY");
        expect(entry).toMatchObject({ name: "HEROKU_API_KEY", path: "/MooseQuest/heroku/staging/" });
        expect(entry?.value.reveal()).toBe("staging-key");
        expect((await vault.getSecret("/MooseQuest/heroku", "REF"))?.value.reveal()).toBe("a-${HEROKU_API_KEY}-b");
        expect(await vault.getSecret("/MooseQuest/heroku", "NOPE")).toBeUndefined();
        await expect(vault.getSecret("/MooseQuest/nope", "HEROKU_API_KEY")).rejects.toMatchObject({
          kind: "not-found",
          message: expect.stringContaining("folder does not exist"),
        });
      });

      it("are created together, trimmed as the server trims, with their comments", async () => {
        const { vault } = await world(flavour);
        const sent = [
          secret("PADDED", "  padded value \n\n", " c "),
          secret("PEM", "line1\nline2\n"),
          secret("EMPTY", "   "),
        ];
        const result = await vault.createSecrets("/MooseQuest/empty/", sent);
        if (!("written" in result)) throw new Error("expected them to be written");
        expect(result.written.map(({ name, path, version, comment }) => [name, path, version, comment])).toEqual([
          ["PADDED", "/MooseQuest/empty/", 1, "c"],
          ["PEM", "/MooseQuest/empty/", 1, ""],
          ["EMPTY", "/MooseQuest/empty/", 1, ""],
        ]);
        const stored = await vault.listSecrets("/MooseQuest/empty");
        for (const { name, value } of sent) {
          const row = stored.find((entry) => entry.name === name);
          expect(row?.value.equals(trimmed(value))).toBe(true);
        }
        expect(stored.map(({ revision }) => revision).sort()).toEqual(
          result.written.map(({ revision }) => revision).sort(),
        );
      });

      it("are created all or none: one that exists is a conflict that names it", async () => {
        const { vault } = await world(flavour);
        await expect(
          vault.createSecrets("/MooseQuest/heroku", [secret("NEW", "n"), secret("REF", "x")]),
        ).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining("REF") });
        expect(await vault.getSecret("/MooseQuest/heroku", "NEW")).toBeUndefined();
      });

      it("get a new version with each update and keep their comment", async () => {
        const { vault } = await world(flavour);
        const [before] = (await vault.listSecrets("/MooseQuest/heroku")).filter(
          ({ name }) => name === "HEROKU_API_KEY",
        );
        await vault.updateSecrets("/MooseQuest/heroku", [secret("HEROKU_API_KEY", "v2")]);
        await vault.updateSecrets("/MooseQuest/heroku", [secret("HEROKU_API_KEY", "v2")]);
        const after = await vault.getSecret("/MooseQuest/heroku", "HEROKU_API_KEY");
        expect(after).toMatchObject({
          id: before?.id,
          version: 3,
          revision: `${before?.id}@3`,
          comment: "kept by hand",
        });
        expect(after?.value.reveal()).toBe("v2");
      });

      it("are updated all or none: one that is missing leaves the others alone", async () => {
        const { vault } = await world(flavour);
        await expect(
          vault.updateSecrets("/MooseQuest/heroku", [secret("REF", "x"), secret("MISSING", "m")]),
        ).rejects.toBeInstanceOf(InfisicalError);
        expect((await vault.getSecret("/MooseQuest/heroku", "REF"))?.version).toBe(1);
      });

      it("are deleted; made again they have another id", async () => {
        const { vault } = await world(flavour);
        const before = await vault.getSecret("/MooseQuest/heroku", "REF");
        expect(await vault.deleteSecret("/MooseQuest/heroku", "REF")).toEqual({ deleted: true });
        expect(await vault.deleteSecret("/MooseQuest/heroku", "REF")).toEqual({ deleted: false });
        await vault.createSecrets("/MooseQuest/heroku", [secret("REF", "again")]);
        const after = await vault.getSecret("/MooseQuest/heroku", "REF");
        expect(after?.version).toBe(1);
        expect(after?.revision).not.toBe(before?.revision);
      });

      it("in a missing folder are an error, and no folder is made", async () => {
        const { vault } = await world(flavour);
        await expect(vault.createSecrets("/MooseQuest/nope", [secret("X", "x")])).rejects.toMatchObject({
          kind: "not-found",
        });
        expect(await vault.folderExists("/MooseQuest/nope")).toBe(false);
      });

      it("that no server would take as they are meant are refused before anything is sent", async () => {
        const { vault, control } = await world(flavour);
        const refused = [
          [secret("A", "1"), secret("A", "2")],
          [secret("A", "1"), secret("B", "x".repeat(1_048_576))],
          [secret("A", "1"), secret("B", '"'.repeat(600_000))],
          [secret("", "x")],
          [secret(" A", "x")],
          [secret("a/b", "x")],
          [secret("x".repeat(101), "x")],
        ];
        for (const batch of refused) {
          await expect(vault.createSecrets("/MooseQuest/heroku", batch)).rejects.toMatchObject({ kind: "invalid" });
          await expect(vault.updateSecrets("/MooseQuest/heroku", batch)).rejects.toMatchObject({ kind: "invalid" });
        }
        await expect(vault.getSecret("/MooseQuest/heroku", "..")).rejects.toMatchObject({ kind: "invalid" });
        await expect(vault.deleteSecret("/MooseQuest/heroku", "..")).rejects.toMatchObject({ kind: "invalid" });
        expect(await vault.createSecrets("/MooseQuest/heroku", [])).toEqual({ written: [] });
        expect(control.requests).toEqual([]);
      });

      it("that are over 1 MiB together go in as few requests as hold them", async () => {
        const { vault, writes } = await world(flavour);
        const sizes = { A: 600_000, B: 300_000, C: 600_000, D: 1 };
        const batch = (letter: string) =>
          Object.entries(sizes).map(([name, size]) => secret(name, letter.repeat(size)));
        const created = await vault.createSecrets("/MooseQuest/empty", batch("x"));
        const updated = await vault.updateSecrets("/MooseQuest/empty", batch("y"));
        for (const result of [created, updated])
          expect("written" in result && result.written.map(({ name }) => name)).toEqual(Object.keys(sizes));
        expect(writes()).toHaveLength(4);
        const rows = await vault.listSecrets("/MooseQuest/empty");
        expect(Object.fromEntries(rows.map(({ name, value }) => [name, value.reveal()]))).toEqual(
          Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, "y".repeat(size)])),
        );
      });

      it("just below 1 MiB are taken", async () => {
        const { vault } = await world(flavour);
        await vault.createSecrets("/MooseQuest/empty", [secret("BIG", "x".repeat(1_048_000))]);
        expect(
          (await vault.getSecret("/MooseQuest/empty", "BIG"))?.value.equals(SecretValue.of("x".repeat(1_048_000))),
        ).toBe(true);
      });

      it("with unusual names are found", async () => {
        const { vault } = await world(flavour);
        const names = ["lower_case", "with-dash", "with.dot", "a b", "100%", "q?x#y", "naïve"];
        await vault.createSecrets(
          "/MooseQuest/empty",
          names.map((name) => secret(name, `value of ${name}`)),
        );
        for (const name of names) {
          expect((await vault.getSecret("/MooseQuest/empty", name))?.value.reveal()).toBe(`value of ${name}`);
          expect(await vault.deleteSecret("/MooseQuest/empty", name)).toEqual({ deleted: true });
        }
      });

      it("whose answer is lost are looked for, and are not there twice", async () => {
        const { vault, fault, writes } = await world(flavour);
        fault({ method: "POST", path: routes[flavour].batch, times: 1, do: "drop-after" });
        const created = await vault.createSecrets("/MooseQuest/empty", [secret("A", " a "), secret("B", "b")]);
        expect(created).toMatchObject({
          written: [
            { name: "A", version: 1 },
            { name: "B", version: 1 },
          ],
        });
        fault({ method: "PATCH", path: routes[flavour].batch, times: 1, do: "drop-after" });
        expect(await vault.updateSecrets("/MooseQuest/empty", [secret("A", "a2")])).toMatchObject({
          written: [{ name: "A", version: 2 }],
        });
        fault({ method: "DELETE", times: 1, do: "drop-after" });
        expect(await vault.deleteSecret("/MooseQuest/empty", "A")).toEqual({ deleted: true });
        expect(writes()).toHaveLength(3);
        expect((await vault.listSecrets("/MooseQuest/empty")).map(({ name }) => name)).toEqual(["B"]);
      });

      it("that were not written when the connection broke end as unknown, and are not sent again", async () => {
        const { vault, fault, writes } = await world(flavour);
        fault({ method: "POST", path: routes[flavour].batch, do: "drop" });
        fault({ method: "DELETE", do: "drop" });
        await expect(vault.createSecrets("/MooseQuest/empty", [secret("A", "a")])).rejects.toMatchObject({
          kind: "unknown-outcome",
        });
        await expect(vault.deleteSecret("/MooseQuest/heroku", "REF")).rejects.toMatchObject({
          kind: "unknown-outcome",
        });
        expect(writes()).toHaveLength(2);
      });

      it("that are there twice are both shown, and a lost write is not taken for done", async () => {
        const { vault, service, fault } = await world(flavour);
        service.vault.writeDuplicate("prod", "/MooseQuest/heroku", "REF", "second row");
        const rows = (await vault.listSecrets("/MooseQuest/heroku")).filter(({ name }) => name === "REF");
        expect(new Set(rows.map(({ revision }) => revision)).size).toBe(2);
        fault({ method: "PATCH", times: 1, do: "drop-after" });
        await expect(vault.updateSecrets("/MooseQuest/heroku", [secret("REF", "x")])).rejects.toMatchObject({
          kind: "unknown-outcome",
        });
      });

      it("that a policy guards wait for an approval", async () => {
        const { vault, service } = await world(flavour);
        await vault.createFolder("/MooseQuest/guarded");
        expect(await vault.createSecrets("/MooseQuest/guarded", [secret("A", "a")])).toEqual({ approval: true });
        expect(await vault.listSecrets("/MooseQuest/guarded")).toEqual([]);
        service.vault.write("prod", "/MooseQuest/guarded", "B", "b");
        expect(await vault.updateSecrets("/MooseQuest/guarded", [secret("B", "b2")])).toEqual({ approval: true });
        expect(await vault.deleteSecret("/MooseQuest/guarded", "B")).toEqual({ approval: true });
        expect(service.vault.value("prod", "/MooseQuest/guarded", "B")).toBe("b");
      });

      it("are read from where they were asked for, or not at all", async () => {
        const { client } = await world(flavour);
        const pinned = client(tokenAuth(serviceToken("pinned")));
        expect(await pinned.listSecrets("/MooseQuest/heroku")).toHaveLength(2);
        expect((await pinned.getSecret("/MooseQuest/heroku", "HEROKU_API_KEY"))?.value.reveal()).toBe("flat-key");
        await expect(pinned.listSecrets("/MooseQuest/heroku/staging")).rejects.toMatchObject({ kind: "forbidden" });
        await expect(pinned.getSecret("/MooseQuest/heroku/staging", "HEROKU_API_KEY")).rejects.toMatchObject({
          kind: "forbidden",
        });
        const elsewhere = client(tokenAuth(serviceToken("pinned")), { environment: "staging" });
        await expect(elsewhere.listSecrets("/MooseQuest/heroku")).rejects.toMatchObject({ kind: "forbidden" });
      });
    });

    it("with a rate limit for writes, the wait tells how long the expected ones take", async () => {
      const { client } = await world(flavour, { rateLimits: { secrets: 2, windowMs: 1000 } });
      const waits: Wait[] = [];
      const vault = client(ADMIN, { onWait: (wait) => waits.push(wait) });
      vault.expectWrites({ folder: 0, create: 5, update: 0 });
      for (const name of ["A", "B", "C", "D", "E"])
        await vault.createSecrets("/MooseQuest/heroku", [{ name, value: SecretValue.of("x") }]);
      const told = waits.filter(({ method }) => method === "POST").map(({ rest }) => rest);
      expect(told).toEqual([{ count: 3, ms: expect.any(Number) }, undefined]);
      expect(told[0]!.ms).toBeGreaterThan(1000);
      expect(told[0]!.ms).toBeLessThanOrEqual(2000);
    });

    it("with a rate limit is waited for, and the wait is told", async () => {
      const { client, control } = await world(flavour, { rateLimits: { secrets: 2, windowMs: 1000 } });
      const waits: Wait[] = [];
      const vault = client(ADMIN, { onWait: (wait) => waits.push(wait) });
      for (const name of ["REF", "NOPE", "REF"]) await vault.getSecret("/MooseQuest/heroku", name);
      expect(waits).toEqual([
        {
          service: "Infisical",
          method: "GET",
          path: `${routes[flavour].one}/REF`,
          because: "limit",
          waitMs: expect.any(Number),
        },
      ]);
      expect(waits[0]!.waitMs).toBeGreaterThan(500);
      // The third one is not sent before the server would take it.
      // An older server is asked once for a route that it does not have.
      const probe = flavour === "2024-10" ? [404] : [];
      expect(control.requests.map(({ status }) => status)).toEqual([200, ...probe, 200, 404, 200]);
    });
  });
}
