import { realpathSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DeploymentJson, snapshotFromJson } from "../../../src/engine/embedded/state/checkpoint.js";
import { newSecretsManager, openSecretsManager } from "../../../src/engine/embedded/state/passphrase.js";
import {
  type EngineEvent,
  type EngineName,
  type InlineProgram,
  type Outcome,
  openEngine,
  type StackLocation,
} from "../../../src/engine/index.js";
import { selected } from "./inProcess.js";
import { type ProgramData, projectName, providerCode, stackName } from "./program.js";
import { eventLines, plainErrors, type StepResult, stateLines } from "./results.js";
import type { Scenario, StepData } from "./scenarios.js";
import { meddle, newWorld, toyInFile, type World } from "./world.js";

const here = dirname(fileURLToPath(import.meta.url));
export const passphrase = "conformance";

/** Deriving a key takes half a second: projects whose salt is not what a test is about have this one, once per process. */
let salt: Promise<string> | undefined;
const sharedSalt = () => {
  salt ??= newSecretsManager(passphrase).then((one) => one.salt);
  return salt;
};

/** A project in a directory of its own, with the toy provider and its world. */
export class Project {
  private constructor(readonly directory: string) {}

  /** @param ownSalt the stack gets a salt of its own at its first update */
  static async make({ ownSalt = false } = {}): Promise<Project> {
    const directory = await mkdtemp(join(tmpdir(), "engine-"));
    const project = new Project(directory);
    await writeFile(
      join(directory, "Pulumi.yaml"),
      `name: ${projectName}\nmain: program.cjs\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
    );
    await writeFile(join(directory, "package.json"), JSON.stringify({ name: projectName, version: "1.0.0" }));
    for (const file of ["program.cjs", "declare.cjs", "toy.cjs"]) await cp(join(here, file), join(directory, file));
    if (!ownSalt)
      await writeFile(join(directory, `Pulumi.${stackName}.yaml`), `encryptionsalt: ${await sharedSalt()}\n`);
    await mkdir(join(directory, "node_modules"));
    await symlink(join(here, "../../../node_modules/@pulumi"), join(directory, "node_modules", "@pulumi"), "junction");
    await project.saveWorld(newWorld());
    return project;
  }

  get location(): StackLocation {
    return {
      projectDir: this.directory,
      stack: stackName,
      env: {
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        PULUMI_BACKEND_URL: `file://${this.directory}`,
        TOY_WORLD: join(this.directory, "world.json"),
      },
    };
  }

  /** The program and the toy provider for an engine that runs them in this process. */
  get inline(): InlineProgram {
    const { declare } = createRequire(import.meta.url)("./declare.cjs") as { declare(dir: string): object };
    return {
      isEntryPoint: (path) => path === realpathSync(join(this.directory, "program.cjs")),
      load: async () => {},
      run: async () => declare(this.directory),
      provider: async (code, _config, { env }) => (code === providerCode ? toyInFile(env) : undefined),
    };
  }

  async world(): Promise<World> {
    return JSON.parse(await readFile(join(this.directory, "world.json"), "utf8")) as World;
  }

  saveWorld(world: World): Promise<void> {
    return writeFile(join(this.directory, "world.json"), JSON.stringify(world));
  }

  /** The program and the provider's rules from here on. */
  async use(program: ProgramData, rules: Record<string, string>): Promise<void> {
    await writeFile(join(this.directory, "program.json"), JSON.stringify(program));
    await this.saveWorld({ ...(await this.world()), rules, calls: [] });
  }

  /** Sets the scene of a step and runs it. */
  async step(
    engine: EngineName,
    step: StepData,
    inline?: InlineProgram,
  ): Promise<{ outcome: Outcome; events: EngineEvent[] }> {
    if (step.program !== undefined) await writeFile(join(this.directory, "program.json"), JSON.stringify(step.program));
    const world = await this.world();
    world.rules = step.rules ?? world.rules;
    world.calls = [];
    meddle(world, step.world ?? {});
    await this.saveWorld(world);
    const events: EngineEvent[] = [];
    const outcome = await openEngine(engine, this.location, {}, inline)[step.op]({
      onEvent: (event) => events.push(event),
      ...(step.refresh === undefined ? {} : { refresh: step.refresh }),
      ...selected(step),
    });
    return { outcome, events };
  }

  /** The state, decrypted, in the form that results are compared in. */
  async state(engine: EngineName): Promise<unknown[]> {
    const { deployment } = (await openEngine(engine, this.location, {}).export()) as { deployment: DeploymentJson };
    const salt = deployment.secrets_providers?.state.salt ?? "";
    const secrets = await openSecretsManager(passphrase, salt, "the stack");
    return stateLines(snapshotFromJson(deployment, secrets, "the stack").resources);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

/** @param inline whether the embedded engine runs program and provider in this process */
export async function runOnDisk(engine: EngineName, { steps }: Scenario, inline = false): Promise<StepResult[]> {
  const project = await Project.make({ ownSalt: !inline });
  const results: StepResult[] = [];
  try {
    for (const step of steps) {
      const { outcome, events } = await project.step(engine, step, inline ? project.inline : undefined);
      const { calls, things } = await project.world();
      results.push({
        result: outcome.result,
        changes: outcome.changes as Record<string, number>,
        errors: plainErrors(outcome.errors),
        events: eventLines(events),
        calls: calls.sort(),
        state: await project.state(engine).catch(() => []),
        world: things,
      });
    }
    return results;
  } finally {
    await project.remove();
  }
}
