// A root that is not the vault's, and stacks that work in two places.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usual } from "../support/flavour.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

const postmark = "POSTMARK_SERVER_TOKEN";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe("a root that is not the vault's", () => {
  it.each(["/MoseQuest", "/MooseQuest/heroku"])(
    "(%s) is refused by preview and up, with the likely one, and nothing is made",
    async (root) => {
      world.set("staging", "root", root);
      const before = world.snapshot();
      for (const command of ["preview", "up"]) {
        const { code, err } = await world.run([command, "--stack", "staging", "--yes"]);
        expect(code).toBe(3);
        expect(err).toMatch(/set\n {2}console-vault:root: \/MooseQuest\n?$/);
      }
      expect(world.snapshot()).toEqual(before);
    },
  );

  it.each<[string, string, string[]]>([
    ["provision", "/MoseQuest", ["provision", postmark, "--env", "staging"]],
    ["provision", "/MooseQuest/heroku", ["provision", postmark, "--env", "staging"]],
    ["rotate", "/MoseQuest", ["rotate", postmark, "--env", "prod", "--yes"]],
    ["rotate", "/MooseQuest/postmark", ["rotate", postmark, "--env", "staging", "--yes"]],
  ])(
    "is refused by %s (%s) where no state remembers the right one, before anything is written",
    async (_, root, argv) => {
      for (const stack of ["staging", "prod"] as const) world.set(stack, "root", root);
      const before = world.snapshot();
      const { code, err } = await world.run(argv, {
        input: valueFor(postmark, argv[3] === "prod" ? "prod" : "staging"),
      });
      expect(code).toBe(3);
      expect(err).toMatch(/set\n {2}console-vault:root: \/MooseQuest\n?$/);
      expect(world.snapshot()).toEqual(before);
    },
  );

  it("is what rollback names, instead of credentials that it does not find there", async () => {
    await world.prodOn();
    for (const stack of ["staging", "prod"] as const) {
      world.loseState(stack);
      world.set(stack, "root", "/MoseQuest");
      const before = world.snapshot();
      for (const options of [[], ["--force"], ...(stack === "prod" ? [["--restore-flat"]] : [])]) {
        const { code, err } = await world.run(["rollback", "--stack", stack, "--yes", ...options]);
        expect(code).toBe(3);
        expect(err).toMatch(/set\n {2}console-vault:root: \/MooseQuest\n?$/m);
        expect(err).not.toContain(postmark);
      }
      expect(world.snapshot()).toEqual(before);
    }
  });

  it("is refused where the project or the slug is another one, which is empty", async () => {
    world.set("staging", "infisicalEnvironment", "dev");
    const { code, err } = await world.run(["up", "--stack", "staging", "--yes"]);
    expect(code).toBe(3);
    expect(err).toMatch(/There is no folder \/MooseQuest[\s\S]*console-vault:infisicalEnvironment/);
    expect(world.services.infisical.vault.folders("dev")).toEqual([]);
  });

  it("is told by status", async () => {
    world.set("staging", "root", "/MoseQuest");
    expect((await world.run(["status"])).out).toMatch(/There is no folder \/MoseQuest/);
  });
});

describe("an empty folder that somebody made for a new vault", () => {
  it("is begun in, with a warning", async () => {
    world.set("staging", "infisicalEnvironment", "dev");
    world.services.infisical.vault.createFolder("dev", "/MooseQuest");
    const { text } = done(await world.up("staging"));
    expect(text).toMatch(/! \/MooseQuest is empty, so this is a new vault/);
    expect(world.services.infisical.vault.folders("dev")).toContain("/MooseQuest/heroku/staging");
  });

  it.each<[string, string[]]>([
    ["provision", ["provision", postmark, "--env", "staging"]],
    ["rotate", ["rotate", postmark, "--env", "staging", "--yes"]],
    ["diff", ["diff", "staging", "prod"]],
  ])("is what %s warns of in words", async (_, argv) => {
    for (const stack of ["staging", "prod"] as const) world.set(stack, "infisicalEnvironment", "dev");
    world.services.infisical.vault.createFolder("dev", "/MooseQuest");
    const { err } = await world.run(argv, { input: valueFor(postmark, "staging") });
    expect(err).toMatch(/^! \/MooseQuest is empty, so this is a new vault/m);
  });
});

describe("a staging token that reads and writes staging's folders only", () => {
  const few = () => {
    const scopes = [{ environment: "prod", secretPath: "/MooseQuest/*/staging/**" }];
    const token = world.services.infisical.vault.addServiceToken({
      name: "few",
      scopes,
      permissions: ["read", "write"],
    });
    return { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined };
  };

  it("provisions and rotates in folders that are there, without a state to know the root by", async () => {
    done(await world.up("staging"));
    world.loseState("staging");
    const env = few();
    const value = valueFor(postmark, "staging");
    done(await world.run(["provision", postmark, "--env", "staging"], { env, input: value }));
    expect(world.at("staging", postmark)).toBe(value);

    await world.stagingOn();
    const next = valueFor(postmark, "staging");
    done(await world.rotate(postmark, "staging", next, { env }));
    expect(world.at("staging", postmark)).toBe(next);
  });

  it("is refused at a root that is not the vault's", async () => {
    world.set("staging", "root", "/MoseQuest");
    const before = world.snapshot();
    const argv = ["provision", postmark, "--env", "staging"];
    const { code, err } = await world.run(argv, { env: few(), input: valueFor(postmark, "staging") });
    expect(code).toBe(1);
    expect(err).toMatch(/may not list the secrets of \/MoseQuest\/postmark\/staging\//);
    expect(world.snapshot()).toEqual(before);
  });

  it.each([
    ["nothing shows that the folder is there", 2],
    ["one would have to be made", 3],
  ])("is refused where it may not list folders, and %s", async (_, after) => {
    world.control.addFault({
      service: "infisical",
      method: "GET",
      path: usual("/api/v1/folders"),
      after,
      do: {
        status: 403,
        body: { error: "PermissionDenied", message: "You are not allowed to read on secret-folders" },
      },
    });
    const before = world.snapshot();
    const { code, err } = await world.provision(postmark, valueFor(postmark, "staging"));
    expect(code).toBe(3);
    expect(err).toMatch(/Whether \/MooseQuest is the right root is not known/);
    expect(world.snapshot()).toEqual(before);
  });
});

describe("a command pointed at other services than its stack's last update", () => {
  it.each<[string, string[], string]>([
    ["provision", ["provision", postmark, "--env", "staging"], "up --stack staging --rebind"],
    ["rotate", ["rotate", postmark, "--env", "staging", "--yes"], "up --stack staging --rebind"],
    ["rollback", ["rollback", "--stack", "staging", "--yes"], "rollback --stack staging --rebind"],
    ["promote", ["promote", "--yes"], "up --stack prod --rebind"],
  ])("(%s) is refused before it asks them anything: no key of this one's is sent there", async (_, argv, ifMeant) => {
    await world.stagingOn();
    done(await world.up("prod"));
    const other = await World.open();
    try {
      for (const names of [["HEROKU_API_URL"], ["INFISICAL_API_URL"], ["HEROKU_API_URL", "INFISICAL_API_URL"]]) {
        const before = [other.control.requests.length, world.control.requests.length];
        const env = Object.fromEntries(names.map((name) => [name, other.env[name]]));
        const { code, err } = await world.run(argv, { input: valueFor(postmark, "staging"), env });
        expect([code, other.control.requests.length, world.control.requests.length]).toEqual([3, ...before]);
        expect(err).toContain(`If that is meant: console-vault ${ifMeant}`);
      }
    } finally {
      await other.close();
    }
  });

  it("is refused by a rotation of two stacks where only the other one moved", async () => {
    for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
    world.services.infisical.vault.createFolder("dev", "/MooseQuest/heroku");
    world.set("staging", "infisicalEnvironment", "dev");
    const before = world.snapshot();
    const { code, err } = await world.rotate(postmark, "prod", valueFor(postmark, "prod"));
    expect(code).toBe(3);
    expect(err).toContain("slug: this stack works on prod, not on dev");
    expect(err).toContain("If that is meant: console-vault up --stack staging --rebind");
    expect(world.snapshot()).toEqual(before);
  });

  it("is refused by staging's rollback where prod's place, whose lock it takes, moved; --force waits for neither", async () => {
    await world.stagingOn();
    done(await world.up("prod"));
    world.set("prod", "infisicalEnvironment", "dev");
    const before = world.snapshot();
    const file = world.files();
    const { code, err } = await world.run(["rollback", "--stack", "staging", "--yes"]);
    expect(code).toBe(1);
    expect(err).toMatch(/prod could not be locked[\s\S]*slug: this stack works on prod, not on dev/);
    expect(err).toMatch(/To turn staging's flag off without waiting for it: --force$/m);
    expect([world.snapshot(), world.files()]).toEqual([before, file]);
    done(await world.run(["rollback", "--stack", "staging", "--yes", "--force"]));
    expect(world.flag("staging")).toBe("false");
  });
});

describe("two stacks with different roots", () => {
  it("are warned of by status and preview", async () => {
    world.services.infisical.vault.createFolder("prod", "/Other/heroku");
    world.set("prod", "root", "/Other");
    const { out } = done(await world.run(["status", "--json"]));
    expect((await world.run(["preview", "--stack", "prod"])).text).toMatch(
      /! console-vault:root differs between the stacks/,
    );
    const { warnings } = JSON.parse(out) as { warnings: string[] };
    expect(warnings.filter((line) => line.startsWith("console-vault:"))).toEqual([
      expect.stringMatching(
        /console-vault:root differs between the stacks: \/MooseQuest in Pulumi\.staging\.yaml, \/Other/,
      ),
    ]);
  });
});
