// Infisical's own SDK against the local service: what it accepts from a real server it must accept from this one.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalInfisical, startInfisical } from "../../../src/local/infisical/index.js";
import { installClient } from "../install.js";

interface Place {
  projectId: string;
  environment: string;
}
interface Secret {
  secretKey: string;
  secretValue: string;
  secretComment: string;
  secretPath?: string;
  version: number;
}
type InSecretPath = Place & { secretPath: string };
interface Folder {
  id: string;
  name: string;
}

/** As much of the SDK as is used here; its own types are only there once it is installed. */
interface Sdk {
  auth(): {
    universalAuth: {
      login(credentials: { clientId: string; clientSecret: string }): Promise<Sdk>;
      renew(): Promise<Sdk>;
    };
    accessToken(token: string): Sdk;
  };
  folders(): {
    create(options: Place & { name: string; path?: string }): Promise<Folder>;
    listFolders(options: Place & { path?: string; recursive?: boolean }): Promise<Folder[]>;
  };
  secrets(): {
    createSecret(
      name: string,
      options: InSecretPath & { secretValue: string; secretComment?: string },
    ): Promise<{ secret: Secret }>;
    updateSecret(
      name: string,
      options: InSecretPath & { secretValue?: string; newSecretName?: string; secretComment?: string },
    ): Promise<{ secret: Secret }>;
    deleteSecret(name: string, options: InSecretPath): Promise<{ secret: Secret }>;
    getSecret(options: InSecretPath & { secretName: string; expandSecretReferences?: boolean }): Promise<Secret>;
    listSecrets(options: InSecretPath & { recursive?: boolean; expandSecretReferences?: boolean }): Promise<{
      secrets: Secret[];
    }>;
    listSecretsWithImports(options: InSecretPath): Promise<Secret[]>;
  };
}

let InfisicalSDK: new (options: { siteUrl: string }) => Sdk;
beforeAll(async () => {
  await installClient(fileURLToPath(new URL(".", import.meta.url)).replace(/[/\\]$/, ""));
  ({ InfisicalSDK } = createRequire(import.meta.url)("@infisical/sdk"));
});

describe.each(["2024-10", "current"] as const)("the SDK on a server of flavour %s", (flavour) => {
  let service: LocalInfisical;
  let sdk: Sdk;
  let at: Place;
  let heroku: InSecretPath;

  beforeAll(async () => {
    service = await startInfisical({ flavour });
  });
  afterAll(() => service.close());
  beforeEach(() => {
    const { vault, url } = service;
    for (const path of vault.folders("prod").filter((path) => !path.slice(1).includes("/")))
      vault.deleteFolder("prod", path);
    sdk = new InfisicalSDK({ siteUrl: url }).auth().accessToken(vault.addIdentity().accessToken);
    at = { projectId: vault.project.id, environment: "prod" };
    heroku = { ...at, secretPath: "/MooseQuest/heroku" };
    vault.createFolder("prod", heroku.secretPath);
  });

  it("logs in, and renews as long as the token's lifetime allows", async () => {
    const { url, vault } = service;
    const { clientId, clientSecret } = vault.addIdentity({ accessTokenTTL: 60, accessTokenMaxTTL: 600 });
    const loggedIn = await new InfisicalSDK({ siteUrl: url }).auth().universalAuth.login({ clientId, clientSecret });
    expect(await loggedIn.folders().listFolders({ ...at, path: "/" })).toMatchObject([{ name: "MooseQuest" }]);
    const renewed = await loggedIn.auth().universalAuth.renew();
    expect(await renewed.folders().listFolders({ ...at, path: "/" })).toHaveLength(1);
  });

  it("makes folders with their parents and lists them", async () => {
    const { id } = await sdk.folders().create({ ...at, name: "prod", path: heroku.secretPath });
    const repeated = sdk.folders().create({ ...at, name: "prod", path: heroku.secretPath });
    if (flavour === "2024-10") expect(await repeated).toMatchObject({ id });
    else await expect(repeated).rejects.toThrow(/\[StatusCode=400\].*already exists/);
    await sdk.folders().create({ ...at, name: "staging", path: "/MooseQuest/alpaca" });
    const listed = await sdk.folders().listFolders({ ...at, path: "/MooseQuest" });
    expect(listed.map(({ name }) => name).sort()).toEqual(["alpaca", "heroku"]);
    const all = await sdk.folders().listFolders({ ...at, path: "/MooseQuest", recursive: true });
    expect(all).toHaveLength(flavour === "2024-10" ? 2 : 4);
  });

  it("creates, reads, changes, renames and deletes a secret", async () => {
    const created = await sdk
      .secrets()
      .createSecret("KEY", { ...heroku, secretValue: " one\n\n", secretComment: "why" });
    expect(created.secret).toMatchObject({ secretValue: "one\n", secretComment: "why", version: 1 });
    const read = await sdk.secrets().getSecret({ ...heroku, secretName: "KEY" });
    expect(read).toMatchObject({ secretKey: "KEY", secretValue: "one\n" });
    const changed = await sdk.secrets().updateSecret("KEY", { ...heroku, secretValue: "two", newSecretName: "NEW" });
    expect(changed.secret).toMatchObject({ secretKey: "NEW", secretValue: "two", version: 2 });
    const { secrets } = await sdk.secrets().listSecrets({ ...at, secretPath: "/", recursive: true });
    expect(secrets).toMatchObject([{ secretKey: "NEW", secretPath: heroku.secretPath, secretComment: "why" }]);
    expect(await sdk.secrets().listSecretsWithImports(heroku)).toHaveLength(1);
    const deleted = await sdk.secrets().deleteSecret("NEW", heroku);
    expect(deleted.secret).toMatchObject({ secretKey: "NEW" });
    expect(service.vault.secrets("prod", heroku.secretPath)).toEqual([]);
  });

  it("expands references unless it is told not to", async () => {
    service.vault.write("prod", heroku.secretPath, "HOST", "example.test");
    service.vault.write("prod", heroku.secretPath, "LINK", "https://${HOST}");
    const link = { ...heroku, secretName: "LINK" };
    expect((await sdk.secrets().getSecret(link)).secretValue).toBe("https://example.test");
    const raw = await sdk.secrets().getSecret({ ...link, expandSecretReferences: false });
    expect(raw.secretValue).toBe("https://${HOST}");
  });

  it("tells an error's status in its text", async () => {
    await expect(sdk.secrets().getSecret({ ...heroku, secretName: "NOPE" })).rejects.toThrow(
      /\[Method=GET\] \[StatusCode=404\] Secret with name 'NOPE' not found/,
    );
    service.vault.write("prod", heroku.secretPath, "KEY", "v");
    await expect(sdk.secrets().createSecret("KEY", { ...heroku, secretValue: "w" })).rejects.toThrow(/already exist/);
    const stranger = new InfisicalSDK({ siteUrl: service.url }).auth().accessToken("garbage");
    await expect(stranger.folders().listFolders({ ...at, path: "/" })).rejects.toThrow(/\[StatusCode=403\].*malformed/);
  });

  it("loses the details of invalid input", async () => {
    // Only the measured server wants a value to change a comment.
    const commentOnly = sdk.secrets().updateSecret("KEY", { ...heroku, secretComment: "only" });
    await expect(commentOnly).rejects.toThrow(
      flavour === "2024-10" ? "Request failed with status 401" : /StatusCode=404/,
    );
  });

  it("comes back after a 429", async () => {
    service.vault.write("prod", heroku.secretPath, "KEY", "v");
    const before = service.control.requests.length;
    const limited = {
      statusCode: 429,
      message: "Rate limit exceeded. Please try again in 1 minute",
      error: "RateLimitExceeded",
    };
    service.control.addFault({ path: "/api/v3/", times: 1, do: { status: 429, body: limited } });
    expect((await sdk.secrets().getSecret({ ...heroku, secretName: "KEY" })).secretValue).toBe("v");
    expect(service.control.requests.slice(before).map(({ status }) => status)).toEqual([429, 200]);
    service.control.clearFaults();
  });
});
