import { readFileSync, realpathSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import {
  type EngineEvent,
  type InlineProgram,
  type NativeProvider,
  openEngine,
  PartialError,
  type Properties,
} from "../../src/engine/index.js";
import { Project } from "./conformance/onDisk.js";

const projects: Project[] = [];
afterEach(async () => {
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

// What `pulumi package add` makes of a bridged provider, as far as the engine sees it.
const sdk = `
const pulumi = require("@pulumi/pulumi");
const runtime = require("@pulumi/pulumi/runtime");
const widgets = () => runtime.registerPackage({
  baseProviderName: "bridge", baseProviderVersion: "1.1.3", baseProviderDownloadUrl: "",
  packageName: "widgets", packageVersion: "5.3.2", base64Parameter: ${JSON.stringify(Buffer.from("its parameter").toString("base64"))},
});
class Widget extends pulumi.CustomResource {
  constructor(name, args, opts) {
    const secret = { ...args, key: args.key && pulumi.secret(args.key), made: undefined };
    opts = pulumi.mergeOptions({ version: "5.3.2" }, opts);
    super("widgets:index/widget:Widget", name, secret, pulumi.mergeOptions(opts, { additionalSecretOutputs: ["key"] }), false, widgets());
  }
}
`;

/** Keeps what it makes, and notes what it is asked. */
class Widgets implements NativeProvider {
  readonly made = new Map<string, Properties>();
  readonly calls: string[] = [];
  config: Record<string, string> = {};
  partly = false;
  /** The one token that it takes. */
  token: string | undefined = "any";

  configure(config: Record<string, string>) {
    this.config = config;
  }
  async check(_type: string, _olds: Properties | null, news: Properties) {
    return { inputs: news, failures: news.size === -1 ? [{ property: "size", reason: "must not be negative" }] : [] };
  }
  async diff(_type: string, _id: string, _outputs: Properties, olds: Properties, news: Properties) {
    const diffs = ["key", "owner", "size"].filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { changes: diffs.length > 0, diffs, replaces: diffs.filter((key) => key === "owner") };
  }
  async create(_type: string, _urn: string, inputs: Properties) {
    this.calls.push(`create ${JSON.stringify(inputs)}`);
    const id = `w${this.made.size + 1}`;
    this.made.set(id, inputs);
    if (this.partly) throw new PartialError("the widget is cold", id, { ...inputs, made: "half" }, ["it is cold"]);
    return { id, outputs: { ...inputs, made: `${inputs.key}!` } };
  }
  async read(_type: string, id: string, outputs: Properties) {
    this.letIn();
    const found = this.made.get(id);
    return found === undefined ? null : { id, outputs: { ...outputs, ...found }, inputs: found };
  }
  async update(_type: string, id: string, _olds: Properties, _inputs: Properties, news: Properties) {
    this.calls.push(`update ${id} ${JSON.stringify(news)}`);
    this.made.set(id, news);
    return { outputs: { ...news, made: `${news.key}!` } };
  }
  async delete(_type: string, id: string) {
    this.letIn();
    this.calls.push(`delete ${id}`);
    this.made.delete(id);
  }
  additionalSecretOutputs = () => ["made"];

  private letIn() {
    if (this.token !== "any" && this.config.token !== this.token) throw new Error("Invalid credentials provided");
  }
}

/** The project's program, in this process: what the engine asks of a provider does not depend on where the program runs. */
function inThisProcess({ directory }: Project): InlineProgram {
  const path = realpathSync(join(directory, "program.cjs"));
  const run = async () => {
    const exports = {};
    runInThisContext(`(function (require, exports) {${readFileSync(path, "utf8")}})`)(createRequire(path), exports);
    return exports;
  };
  return { isEntryPoint: (entry) => entry === path, load: async () => {}, run, provider: async () => undefined };
}

/** @param process whether the program runs in a process of its own, and asks through the wire */
async function setUp({ process = false } = {}) {
  const project = await Project.make();
  projects.push(project);
  const provider = new Widgets();
  const inline = process ? undefined : inThisProcess(project);
  const engine = openEngine("embedded", project.location, { widgets: provider }, inline);
  const run = async (operation: "preview" | "up" | "refresh" | "destroy", program?: string, options = {}) => {
    if (program !== undefined) await writeFile(join(project.directory, "program.cjs"), sdk + program);
    const events: EngineEvent[] = [];
    const outcome = await engine[operation]({ ...options, onEvent: (event) => events.push(event) });
    return {
      ...outcome,
      events,
      steps: events.flatMap(({ resourcePreEvent }) => {
        if (resourcePreEvent === undefined) return [];
        const { op, urn, diffs = [] } = resourcePreEvent.metadata;
        return [[op, urn.split("::").at(-1), ...diffs].join(" ")];
      }),
    };
  };
  /** From now on this token is configured, and it alone is valid. */
  const configure = async (token?: string) => {
    const path = join(project.directory, "Pulumi.dev.yaml");
    const text = await readFile(path, "utf8").catch(() => "");
    const bare = text.replace(/^config:\n( .*\n)*/m, "");
    await writeFile(path, token === undefined ? bare : `${bare}config:\n  widgets:token: ${token}\n`);
    provider.token = token;
  };
  const storedConfig = async () => {
    const { resources } = (await engine.export()).deployment as { resources: { type: string; inputs: object }[] };
    const inputs: { token?: string; version?: string } | undefined = resources.find(
      ({ type }) => type === "pulumi:providers:widgets",
    )?.inputs;
    return inputs && { token: inputs.token, version: inputs.version };
  };
  return { project, provider, engine, run, configure, storedConfig };
}

const program = (size: number, owner = "me") =>
  `const w = new Widget("w", { size: ${size}, owner: "${owner}", key: "hush" }); exports.made = w.made; exports.size = w.size;`;

describe("a provider in the engine's own process", () => {
  it("creates, updates, replaces, refreshes and deletes, and what is secret stays so", async () => {
    const { provider, engine, run } = await setUp({ process: true });
    const previewed = await run("preview", program(1));
    expect(previewed).toMatchObject({ errors: [], steps: ["create toy-dev", "create w"] });
    expect(provider.calls).toEqual([]);

    const up = await run("up");
    expect(up.outputs).toEqual({ made: { value: "hush!", secret: true }, size: { value: 1, secret: false } });
    expect((await run("up", program(2))).steps).toContain("update w size");
    expect(provider.made.get("w1")).toMatchObject({ size: 2, key: "hush" });
    expect(JSON.stringify([up.events, await engine.export()])).not.toContain("hush");

    provider.made.set("w1", { size: 3, owner: "me", key: "hush" });
    expect((await run("refresh")).outputs).toMatchObject({ size: { value: 2 } });
    expect((await run("up")).steps).toContain("update w size");

    await run("up", program(2, "you"));
    expect(provider.calls.slice(-2)).toEqual([expect.stringMatching(/^create .*"you"/), "delete w1"]);
    expect(await run("destroy")).toMatchObject({ result: "succeeded", changes: { delete: 2 } });
    expect(provider.made.size).toBe(0);
  });

  it("counts what a refresh finds changed; after an update a refresh finds nothing", async () => {
    const { provider, run } = await setUp();
    await run("up", program(1));
    provider.made.set("w1", { size: 3, owner: "me", key: "hush" });
    expect((await run("refresh")).changes).toMatchObject({ update: 1 });
    await run("up");
    expect((await run("refresh")).changes).not.toHaveProperty("update");
  });

  it("is kept in state as the CLI keeps a parameterized package's", async () => {
    const { project, provider, engine, run } = await setUp({ process: true });
    await appendFile(join(project.directory, "Pulumi.dev.yaml"), "config:\n  widgets:region: eu\n  toy:other: x\n");
    expect((await run("up", program(1))).errors).toEqual([]);
    expect(provider.config).toMatchObject({ region: "eu" });
    expect(provider.config).not.toHaveProperty("other");
    const { resources } = (await engine.export()).deployment as { resources: Record<string, unknown>[] };
    const [, byDefault, widget] = resources;
    const parameterization = Buffer.from("its parameter").toString("base64");
    expect(byDefault).toMatchObject({
      urn: "urn:pulumi:dev::toy::pulumi:providers:widgets::default_5_3_2",
      custom: true,
      inputs: { __internal: { name: "bridge", version: "1.1.3", parameterization }, version: "5.3.2", region: "eu" },
      outputs: { version: "5.3.2", region: "eu" },
    });
    expect(byDefault).not.toHaveProperty("parent");
    expect(widget).toMatchObject({
      type: "widgets:index/widget:Widget",
      provider: `${byDefault?.urn}::${byDefault?.id}`,
      additionalSecretOutputs: ["key"],
      propertyDependencies: { key: [], owner: [], size: [] },
    });
  });

  it("keeps a widget that was only partly made, and a later update makes it right", async () => {
    const { provider, engine, run } = await setUp();
    provider.partly = true;
    const failed = await run("up", program(1));
    expect(failed.result).toBe("failed");
    expect(failed.errors).toEqual(["the widget is cold"]);
    const { resources } = (await engine.export()).deployment as { resources: { id?: string; initErrors?: string[] }[] };
    expect(resources.find(({ id }) => id === "w1")?.initErrors).toEqual(["it is cold"]);
    provider.partly = false;
    expect((await run("up")).result).toBe("succeeded");
    expect(provider.calls).toEqual([expect.stringMatching(/^create /), expect.stringMatching(/^update w1 /)]);
  });

  it("says which input it does not accept, without its value", async () => {
    const { provider, run } = await setUp();
    const failed = await run("up", program(-1));
    expect(failed.result).toBe("failed");
    expect(failed.errors).toEqual([
      "widgets:index/widget:Widget resource 'w': property size has a problem: must not be negative",
    ]);
    expect(provider.calls).toEqual([]);
  });
});

describe("a default provider whose configuration is not what it was at the last update", () => {
  it.each([
    ["another token", "new"],
    ["none any more", undefined],
  ])("reads and deletes as the stack is configured now: %s", async (_, token) => {
    const { provider, run, configure, storedConfig } = await setUp();
    await configure("old");
    await run("up", program(1));
    await configure(token);
    expect(await run("refresh")).toMatchObject({ errors: [], result: "succeeded" });
    expect(await storedConfig()).toEqual({ token: "old", version: "5.3.2" });
    expect(await run("destroy")).toMatchObject({ errors: [], result: "succeeded" });
    expect(provider.made.size).toBe(0);
  });

  it("is a change that the next update stores", async () => {
    const { run, configure, storedConfig } = await setUp();
    await configure("old");
    await run("up", program(1));
    await configure("new");
    expect((await run("preview")).changes).toMatchObject({ update: 1 });
    const { errors, changes } = await run("up", undefined, { refresh: true });
    expect({ errors, changes }).toEqual({ errors: [], changes: { same: 2, update: 1 } });
    expect(await storedConfig()).toEqual({ token: "new", version: "5.3.2" });
    expect((await run("preview")).changes).not.toHaveProperty("update");
  });

  it("leaves a provider of the program's own as it was made", async () => {
    const { provider, run } = await setUp();
    await run(
      "up",
      `const p = new pulumi.ProviderResource("widgets", "p", { token: "its own" }, { version: "5.3.2" }, false, widgets());
      new Widget("w", { size: 1, owner: "me", key: "hush" }, { provider: p });`,
    );
    provider.token = "its own";
    expect(await run("refresh")).toMatchObject({ errors: [], result: "succeeded" });
  });
});
