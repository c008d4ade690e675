import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalInfisical, Vault } from "../../../src/local/infisical/index.js";
import { type Ask, asking, required, startAsAdmin } from "./ask.js";

let service: LocalInfisical;
let vault: Vault;
let ask: Ask;
let at: { workspaceId: string; environment: string };

beforeEach(async () => {
  ({ service, vault, ask, at } = await startAsAdmin());
  vault.createFolder("prod", "/a");
});
afterEach(() => service.close());

const batch = (method: string, secrets: object[], more: object = {}) =>
  ask(method, "/api/v3/secrets/batch/raw", { body: { ...at, secretPath: "/a", ...more, secrets } });
const names = () => vault.secrets("prod", "/a").map(({ name }) => name);
const failure = (status: number, error: string, message: unknown) => ({
  status,
  body: { statusCode: status, message, error },
});

describe("a batch", () => {
  it("is found by slug as well as by id, and needs one of them", async () => {
    const secrets = [{ secretKey: "A", secretValue: "1" }];
    const bySlug = { environment: "prod", secretPath: "/a", projectSlug: vault.project.slug, secrets };
    expect((await ask("POST", "/api/v3/secrets/batch/raw", { body: bySlug })).status).toBe(200);
    const { projectSlug, ...neither } = bySlug;
    expect(await ask("POST", "/api/v3/secrets/batch/raw", { body: neither })).toMatchObject(
      failure(400, "BadRequest", "Must provide either project slug or projectId"),
    );
  });

  it("makes two rows of a key that is in it twice", async () => {
    const twice = [
      { secretKey: "A", secretValue: "1" },
      { secretKey: "A", secretValue: "2" },
    ];
    expect((await batch("POST", twice)).body.secrets).toHaveLength(2);
    expect(names()).toEqual(["A", "A"]);
  });

  it("writes all or nothing, and names every key that exists", async () => {
    vault.write("prod", "/a", "B", "v");
    vault.write("prod", "/a", "C", "v");
    const secrets = ["A", "B", "C"].map((secretKey) => ({ secretKey, secretValue: "x" }));
    expect(await batch("POST", secrets)).toMatchObject(failure(400, "BadRequest", "Secret already exist: B,C"));
    expect(names()).toEqual(["B", "C"]);
  });

  it("takes names of any length and 200 at once", async () => {
    const secrets = Array.from({ length: 200 }, (_, index) => ({
      secretKey: `K${index}`.padEnd(120, "x"),
      secretValue: "v",
    }));
    expect((await batch("POST", secrets)).body.secrets).toHaveLength(200);
  });

  it("changes with the kept comment in its answer, and knows no mode", async () => {
    vault.write("prod", "/a", "A", "1", "kept");
    const changed = await batch("PATCH", [{ secretKey: "A", secretValue: "2" }]);
    expect(changed.body.secrets).toMatchObject([{ secretValue: "2", version: 2, secretComment: "kept" }]);
    const upsert = await batch(
      "PATCH",
      [
        { secretKey: "A", secretValue: "3" },
        { secretKey: "NEW", secretValue: "x" },
      ],
      {
        mode: "upsert",
      },
    );
    expect(upsert).toMatchObject(failure(404, "NotFound", "Secret does not exist: A"));
    expect(vault.value("prod", "/a", "A")).toBe("2");
    expect((await batch("PATCH", [{ secretKey: "A" }])).body.message).toEqual([
      { ...required("secretValue"), path: ["secrets", 0, "secretValue"] },
    ]);
  });

  it("stumbles over duplicate rows, naming the key twice", async () => {
    vault.writeDuplicate("prod", "/a", "A", "1");
    vault.writeDuplicate("prod", "/a", "A", "2");
    expect((await batch("PATCH", [{ secretKey: "A", secretValue: "x" }])).body.message).toBe(
      "Secret does not exist: A,A",
    );
    expect((await batch("DELETE", [{ secretKey: "A" }])).body.message).toBe("One or more secrets does not exist: A,A");
  });

  it("deletes all or nothing", async () => {
    vault.write("prod", "/a", "A", "1");
    expect((await batch("DELETE", [{ secretKey: "A" }, { secretKey: "X" }])).status).toBe(404);
    expect(names()).toEqual(["A"]);
    expect((await batch("DELETE", [{ secretKey: "A" }])).status).toBe(200);
    expect(names()).toEqual([]);
  });

  it("is refused to those who may only read", async () => {
    const scopes = [{ environment: "prod", secretPath: "/**" }];
    const reader = asking(service.url, vault.addServiceToken({ scopes, permissions: ["read"] }));
    const body = { ...at, secretPath: "/a", secrets: [{ secretKey: "A", secretValue: "1" }] };
    for (const [method, verb] of [
      ["POST", "create"],
      ["PATCH", "edit"],
      ["DELETE", "delete"],
    ] as const) {
      expect(await reader(method, "/api/v3/secrets/batch/raw", { body })).toMatchObject(
        failure(403, "PermissionDenied", `You are not allowed to ${verb} on secrets`),
      );
    }
  });
});
