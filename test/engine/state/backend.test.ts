import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSnapshot, type Session } from "../../../src/engine/embedded/session.js";
import { StackFiles } from "../../../src/engine/embedded/state/backend.js";
import { deploymentText, magicOf, snapshotFromJson } from "../../../src/engine/embedded/state/checkpoint.js";
import type { SecretsManager } from "../../../src/engine/embedded/state/passphrase.js";
import { emptyResource, type ResourceState } from "../../../src/engine/embedded/state/resource.js";
import { computed, Reference, Secret } from "../../../src/engine/embedded/values/values.js";
import { snapshotToJson } from "../../support/deployment.js";

const secrets: SecretsManager = {
  salt: "v1:salt",
  encrypt: (text) => `sealed:${Buffer.from(text).toString("base64")}`,
  decrypt: (text) => Buffer.from(text.replace("sealed:", ""), "base64").toString(),
};
const urn = (name: string) => `urn:pulumi:dev::proj::t:m:T::${name}`;
const resource = (name: string, more: Partial<ResourceState> = {}): ResourceState => ({
  ...emptyResource,
  urn: urn(name),
  type: "t:m:T",
  custom: false,
  ...more,
});
const deployment = (...resources: ResourceState[]) =>
  snapshotToJson({ resources, pendingOperations: [] }, secrets, new Date(0));

const written = (...resources: ResourceState[]) =>
  deploymentText({ resources, pendingOperations: [] }, secrets, new Date(0));

async function backend() {
  const root = await mkdtemp(join(tmpdir(), "engine-backend-"));
  return { root, files: new StackFiles(root, "proj", "dev") };
}

describe("the file backend", () => {
  it("writes a large state in pieces, with the attributes that the CLI's file store checks, and copies it as it is", async () => {
    const { root, files } = await backend();
    const value = "a key, ä and 🔑; ".repeat(3000);
    const state = deployment(...Array.from({ length: 30 }, (_, at) => resource(`r${at}`, { inputs: { value } })));
    const { resources = [] } = state;
    const pieces = [
      ...["{", `"manifest":${JSON.stringify(state.manifest)}`, ',"metadata":{},"resources":['],
      ...resources.map((one, at) => `${at === 0 ? "" : ","}${JSON.stringify(one)}`),
      "]}",
    ];
    await files.write(pieces);
    expect((await files.read())?.resources).toEqual(resources);
    await files.record({
      ...{ kind: "update", startTime: 1, message: "", environment: {}, config: {} },
      ...{ version: 0, result: "succeeded", endTime: 2, resourceChanges: {} },
    });
    const text = await readFile(files.checkpointPath);
    expect(text.length).toBeGreaterThan(1 << 20);
    const names = await readdir(join(root, ".pulumi"), { recursive: true });
    const copies = names.filter((name) => /(stacks|history|backups).*(dev|checkpoint|\d)\.json$/.test(name));
    expect(copies).toHaveLength(3);
    for (const name of copies) {
      const path = join(root, ".pulumi", name);
      expect(text.equals(await readFile(path)), name).toBe(true);
      const { md5 } = JSON.parse(await readFile(`${path}.attrs`, "utf8")) as { md5: string };
      expect(md5, name).toBe(createHash("md5").update(text).digest("base64"));
    }
  });

  it("lays a stack out as the Pulumi CLI does", async () => {
    const { root, files } = await backend();
    await files.write(written());
    await files.write(written(resource("a")));
    await files.record({
      kind: "update",
      startTime: 1,
      message: "first",
      environment: {},
      config: {},
      version: 0,
      result: "succeeded",
      endTime: 2,
      resourceChanges: { create: 1 },
    });
    const all = (await readdir(join(root, ".pulumi"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replace(/\d{19}/, "<ns>"),
      )
      .filter((path) => !path.endsWith(".attrs"));
    expect(all.sort()).toEqual([
      ".pulumi/backups/proj/dev/dev.<ns>.json",
      ".pulumi/history/proj/dev/dev-<ns>.checkpoint.json",
      ".pulumi/history/proj/dev/dev-<ns>.history.json",
      ".pulumi/meta.yaml",
      ".pulumi/stacks/proj/dev.json",
      ".pulumi/stacks/proj/dev.json.bak",
    ]);
    expect(await readFile(join(root, ".pulumi/meta.yaml"), "utf8")).toBe("version: 1\n");
  });

  it("keeps the state before the last one, and its command brings it back", async () => {
    const { files } = await backend();
    await files.write(written(resource("a")));
    await files.write(written(resource("a"), resource("b")));
    await writeFile(files.checkpointPath, "{ cut short");
    const damage = await files.read().then(
      () => "",
      (error: Error) => error.message,
    );
    expect(damage).toContain("it is not JSON");
    const [, from, to] = /cp '(.*)' '(.*)'/.exec(damage) ?? [];
    await copyFile(from as string, to as string);
    expect((await files.read())?.resources).toHaveLength(1);
  });

  it("leaves nothing half-written behind", async () => {
    const { root, files } = await backend();
    for (const name of ["a", "b", "c"]) await files.write(written(resource(name)));
    expect((await readdir(join(root, ".pulumi/stacks/proj"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("knows which engine wrote a state last", async () => {
    const { files } = await backend();
    expect(await files.writer()).toBeUndefined();
    await files.write(written());
    expect(await files.writer()).toBe("embedded");
    const text = await readFile(files.checkpointPath, "utf8");
    await writeFile(files.checkpointPath, text.replace(/"version":"[^"]*"/, '"version":"v3.260.0"'));
    expect(await files.writer()).toBe("pulumi");
  });
});

describe("a state is refused by what is wrong with it", () => {
  const spoiled: [string, (json: Record<string, unknown>) => void, RegExp][] = [
    [
      "a newer schema",
      (json) => Object.assign(json, { version: 4 }),
      /schema version 4; the embedded engine reads version 3/,
    ],
    ["no checkpoint", (json) => Object.assign(json, { checkpoint: null }), /it holds no checkpoint/],
    [
      "an edited version",
      (json) => Object.assign((json.checkpoint as { latest: { manifest: object } }).latest.manifest, { version: "v9" }),
      /does not match its own checksum/,
    ],
    [
      "another secrets provider",
      (json) =>
        Object.assign((json.checkpoint as { latest: object }).latest, {
          secrets_providers: { type: "cloud", state: {} },
        }),
      /secrets provider "cloud"/,
    ],
    [
      "snippets",
      (json) => Object.assign((json.checkpoint as { latest: object }).latest, { snippets: [{ uuid: "1" }] }),
      /the field "snippets"/,
    ],
  ];
  it.each(spoiled)("%s", async (_, spoil, message) => {
    const { files } = await backend();
    await files.write(written(resource("a")));
    const json = JSON.parse(await readFile(files.checkpointPath, "utf8")) as Record<string, unknown>;
    spoil(json);
    await writeFile(files.checkpointPath, JSON.stringify(json));
    await expect(files.read()).rejects.toThrow(message);
  });

  it.each(["resourceHooks", "viewOf", "taint", "replaceWith", "somethingNew"])("a resource's %s", (field) => {
    const json = deployment(resource("a"));
    Object.assign(json.resources?.[0] ?? {}, { [field]: { x: true } });
    expect(() => snapshotFromJson(json, secrets, "stack dev")).toThrow(`the field "${field}"`);
  });

  it("an asset among the properties", () => {
    const json = deployment(
      resource("a", { inputs: { file: { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" } } }),
    );
    expect(() => snapshotFromJson(json, secrets, "stack dev")).toThrow(/asset or archive at .*inputs\.file/);
  });

  it("a reference to what is not there", async () => {
    const { files } = await backend();
    const session = {
      files,
      secrets,
      deployment: async () => deployment(resource("b", { parent: urn("a") })),
    } as unknown as Session;
    await expect(loadSnapshot(session, "dev")).rejects.toThrow(/has the parent .*bring it back with: cp/);
  });

  it("compressed", async () => {
    const { root, files } = await backend();
    await mkdir(join(root, ".pulumi/stacks/proj"), { recursive: true });
    await writeFile(join(root, ".pulumi/stacks/proj/dev.json.gz"), "");
    await expect(files.read()).rejects.toThrow("is compressed (dev.json.gz)");
  });

  it("in the layout from before projects", async () => {
    const { root, files } = await backend();
    await mkdir(join(root, ".pulumi/stacks"), { recursive: true });
    await writeFile(join(root, ".pulumi/stacks/dev.json"), "{}");
    await expect(files.read()).rejects.toThrow("pulumi state upgrade");
  });

  it("in a layout that is not known", async () => {
    const { root, files } = await backend();
    await mkdir(join(root, ".pulumi"), { recursive: true });
    await writeFile(join(root, ".pulumi/meta.yaml"), "version: 2\n");
    await expect(files.read()).rejects.toThrow("meta.yaml");
  });
});

describe("a checkpoint", () => {
  it("gives back what was put in", () => {
    const full = resource("a", {
      custom: true,
      id: "id",
      inputs: {
        text: "t",
        list: [1, null, { x: new Secret("deep") }],
        secret: new Secret({ inner: new Secret("twice") }),
        later: computed,
      },
      outputs: {
        self: new Reference(urn("b"), "b-id", ""),
        group: new Reference(urn("g"), undefined, ""),
        odd: Number.NaN,
      },
      protect: true,
      propertyDependencies: { text: [], list: [urn("b")] },
      customTimeouts: { create: 60 },
      stackTrace: [{ sourcePosition: "project:///x.ts#1" }, {}],
      ignoreChanges: ["text"],
    });
    const [back] = snapshotFromJson(JSON.parse(JSON.stringify(deployment(full))), secrets, "stack dev").resources;
    expect(JSON.stringify(deployment(back as ResourceState))).toBe(JSON.stringify(deployment(full)));
    expect(back).toMatchObject({ id: "id", protect: true, customTimeouts: { create: 60 }, ignoreChanges: ["text"] });
  });

  it("holds no secret in clear, however deep", () => {
    const text = JSON.stringify(
      deployment(
        resource("a", {
          inputs: { a: new Secret("hush-1"), b: [{ c: new Secret({ d: "hush-2", e: new Secret("hush-3") }) }] },
        }),
      ),
    );
    expect(text).not.toContain("hush");
  });

  it("keeps the ciphertext of an unchanged secret", () => {
    const once = { ...secrets, encrypt: (text: string) => `${secrets.encrypt(text)}${Math.random()}` };
    const secret = new Secret("x");
    const write = () =>
      JSON.stringify(
        snapshotToJson(
          { resources: [resource("a", { inputs: { secret } })], pendingOperations: [] },
          once,
          new Date(0),
        ),
      );
    expect(write()).toBe(write());
  });

  it("encrypts with its own key what came encrypted with another one", () => {
    const secret = new Secret("x");
    secret.sealed = { by: { ...secrets }, text: "of another stack" };
    expect(JSON.stringify(deployment(resource("a", { inputs: { secret } })))).not.toContain("of another stack");
  });

  it("signs its version as the CLI does", () => {
    // From a state of the Pulumi CLI 3.260.0.
    expect(magicOf("v3.260.0")).toBe("7dff0d166258e7f1d265e8e044021ea087795d58a0c6415ab6fe8b7c790e447f");
  });
});
