// What holds for every workflow, whatever it does: the linter's rules, and ours about rights, pins and secrets.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { without } from "../support/without.js";
import type { Action, Job, Workflow } from "./runner/types.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const dir = join(root, ".github/workflows");
const files = readdirSync(dir);
const texts = new Map(files.map((file) => [file, readFileSync(join(dir, file), "utf8")]));
const workflows = new Map(files.map((file) => [file, parse(texts.get(file)!) as Workflow]));
const jobs = [...workflows].flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]): [string, Job] => [`${file} ${name}`, job]),
);
const actionText = readFileSync(join(root, "action.yml"), "utf8");

const go = await run("go", ["version"]).then(
  () => true,
  () => false,
);

describe.skipIf(without("actionlint", go ? undefined : "there is no Go to install it with"))("actionlint", () => {
  // Its version and the checksums of all that it is made of stand in lint/go.mod and lint/go.sum.
  const bin = join(tmpdir(), "console-vault-actionlint");

  beforeAll(async () => {
    mkdirSync(bin, { recursive: true });
    await run("go", ["install", "tool"], {
      cwd: join(root, "test/workflows/lint"),
      env: { ...process.env, GOBIN: bin },
    });
  });

  const lint = (...args: string[]) =>
    run(join(bin, "actionlint"), ["-no-color", ...args], { cwd: root }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );

  test("finds nothing wrong with the workflows, nor with what they ask of the action", async () => {
    expect(await lint("-config-file", ".github/actionlint.yaml", ...files.map((file) => join(dir, file)))).toBe("");
  });

  test("would find something", async () => {
    expect(await lint(join(root, "test/workflows/lint/wrong.yml"))).toMatch(/property "titel" is not defined/);
  });
});

describe("every workflow", () => {
  test.each(files)("%s gives nobody any right but what a job names", (file) => {
    expect(workflows.get(file)!.permissions).toEqual({});
  });

  test.each(jobs)("%s names its rights, and how long it may take", (_name, job) => {
    expect(job.permissions).toBeDefined();
    expect(job["timeout-minutes"]).toBeLessThanOrEqual(45);
  });

  test("writes nothing but comments, and that from one job", () => {
    const writing = jobs.filter(([, { permissions }]) => Object.values(permissions!).includes("write"));
    expect(writing.map(([name, { permissions }]) => [name, permissions])).toEqual([
      ["preview-comment.yml comment", { actions: "read", "pull-requests": "write" }],
    ]);
  });

  test("uses actions by the commit they are, with the version beside it", () => {
    const uses = [...texts.values(), actionText].flatMap((text) => text.match(/^.*uses: .*$/gm) ?? []);
    expect(uses.length).toBeGreaterThan(10);
    for (const line of uses) expect(line.trim()).toMatch(/uses: (\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  });

  test("has one pin per action", () => {
    const all = [...texts.values(), actionText].join("\n").matchAll(/uses: ([\w-]+\/[\w-]+)@(\S+ # \S+)/g);
    const pins = new Map<string, Set<string>>();
    for (const [, name, pin] of all) pins.set(name!, (pins.get(name!) ?? new Set()).add(pin!));
    for (const [name, found] of pins) expect([...found], name).toHaveLength(1);
  });

  test.each(jobs)("%s leaves no token behind with its checkout", (_name, { steps }) => {
    for (const step of steps)
      if (step.uses?.startsWith("actions/checkout@")) expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  test.each(files)("%s puts no text of an event into a shell", (file) => {
    for (const { steps } of Object.values(workflows.get(file)!.jobs))
      for (const { run } of steps) expect(run ?? "").not.toMatch(/\$\{\{/);
  });

  test("is never the kind that gives a pull request's code the repository's rights", () => {
    for (const text of texts.values()) expect(text).not.toContain("pull_request_target");
  });
});

describe("secrets", () => {
  const named = (job: Job) => JSON.stringify(job).includes("secrets.");

  test("are given to jobs of an environment only, which holds them", () => {
    for (const [name, job] of jobs) if (named(job)) expect(job.environment, name).toBeDefined();
  });

  test("reach no job that a pull request starts, but the one that waits for an approval", () => {
    const started = jobs.filter(([name]) => /^(preview|ci|preview-live)\.yml/.test(name));
    expect(started.filter(([, job]) => named(job)).map(([name, job]) => [name, job.environment])).toEqual([
      ["preview-live.yml live", "live-preview"],
    ]);
  });

  test("reach one step of the action, which is ours", () => {
    const action = parse(actionText) as Action;
    const credentials = Object.keys(action.inputs).filter((name) => /^(infisical|heroku|pulumi)-/.test(name));
    expect(credentials).toHaveLength(7);
    const given = action.runs.steps.filter((step) => credentials.some((name) => JSON.stringify(step).includes(name)));
    expect(given.map(({ name }) => name)).toEqual(["Run console-vault"]);
  });
});

test("the job that updates prod asks first whether its commit is main's head, and decides by what it sees itself", () => {
  const { steps } = workflows.get("promote.yml")!.jobs.prod!;
  expect(steps[0]!.uses).toMatch(/^actions\/github-script@/);
  expect(String(steps[0]!.with!.script)).toMatch(/context\.sha !== data\.commit\.sha/);
  const conditions = steps.map((step) => step.if).filter((one) => one !== undefined);
  expect(conditions).toEqual(["steps.decide.outputs.promote == 'true'", "steps.decide.outputs.promote != 'true'"]);
});

test("Dependabot keeps the pins of actions and of every package-lock.json young", () => {
  const { updates } = parse(readFileSync(join(root, ".github/dependabot.yml"), "utf8")) as {
    updates: { "package-ecosystem": string; directories?: string[] }[];
  };
  expect(updates.map((one) => one["package-ecosystem"])).toEqual(["github-actions", "npm"]);
  const locks = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (path) => /(^|\/)package-lock\.json$/.test(path) && !path.includes("node_modules"),
  );
  const covered = updates[1]!.directories!.map((path) => new RegExp(`^${path.slice(1).replace("*", "[^/]+")}$`));
  for (const lock of locks) {
    const directory = lock.replace(/\/?package-lock\.json$/, "");
    expect(
      covered.some((pattern) => pattern.test(directory)),
      lock,
    ).toBe(true);
  }
});

test("one update runs at a time, and the next ones wait in a queue", () => {
  const group = { group: "console-vault-update", "cancel-in-progress": false, queue: "max" };
  expect(workflows.get("deploy.yml")!.concurrency).toEqual(group);
  expect(workflows.get("promote.yml")!.jobs.prod!.concurrency).toEqual(group);
  // Whoever waits for an approval holds no place in it.
  expect(workflows.get("promote.yml")!.jobs.approval!.concurrency).toBeUndefined();
});
