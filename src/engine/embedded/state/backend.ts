import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../port.js";
import { isMissing, isThere, readIfThere } from "../../project/files.js";
import {
  type CheckpointJson,
  checkDeployment,
  type DeploymentJson,
  embeddedMark,
  schemaVersion,
} from "./checkpoint.js";
import { copyAtomically, keepAs, writeAtomically } from "./files.js";

/** What is kept of every update (`backend.UpdateInfo`). */
export interface UpdateRecord {
  kind: "update" | "refresh" | "destroy";
  startTime: number;
  message: string;
  environment: Record<string, string>;
  config: Record<string, unknown>;
  version: number;
  result: "succeeded" | "failed";
  endTime: number;
  resourceChanges: Record<string, number>;
}

/** One stack in a file backend, laid out as the CLI's (pkg/backend/diy, storage version 1). */
export class StackFiles {
  readonly fullName: string;
  readonly lockDirectory: string;
  private readonly base: string;

  /** @param root directory that holds `.pulumi` */
  constructor(
    private readonly root: string,
    private readonly project: string,
    private readonly stack: string,
  ) {
    this.base = join(root, ".pulumi");
    this.fullName = `organization/${project}/${stack}`;
    this.lockDirectory = join(this.base, "locks", "organization", project, stack);
  }

  get checkpointPath(): string {
    return join(this.base, "stacks", this.project, `${this.stack}.json`);
  }

  /** Another stack of the same backend. */
  other(project: string, stack: string): StackFiles {
    return new StackFiles(this.root, project, stack);
  }

  /** The last deployment, or undefined when the stack does not exist or was never updated. Throws EngineError for what it cannot use. */
  async read(): Promise<DeploymentJson | undefined> {
    await this.refuseOtherLayouts();
    const text = await readIfThere(this.checkpointPath);
    if (text === undefined) return undefined;
    let json: CheckpointJson;
    try {
      json = JSON.parse(text) as CheckpointJson;
    } catch {
      throw this.damaged("it is not JSON");
    }
    if (typeof json.checkpoint !== "object" || json.checkpoint === null) throw this.damaged("it holds no checkpoint");
    const deployment = json.checkpoint.latest;
    if (deployment === undefined || deployment === null) return undefined;
    checkDeployment(deployment, json.version, `stack ${this.stack} (${this.checkpointPath})`);
    return deployment;
  }

  exists(): Promise<boolean> {
    return isThere(this.checkpointPath);
  }

  /** Which engine wrote the state last; undefined when there is none, or none that was ever updated. */
  async writer(): Promise<"embedded" | "pulumi" | undefined> {
    const text = await readIfThere(this.checkpointPath);
    if (text === undefined) return undefined;
    const version = /"version":\s*"([^"]*)"/.exec(text)?.[1];
    return version === undefined ? undefined : version.endsWith(embeddedMark) ? "embedded" : "pulumi";
  }

  /** The error for a state that cannot be used, with the command that brings back the one before it. */
  damaged(why: string): EngineError {
    const path = this.checkpointPath;
    return new EngineError(
      `The state of stack ${this.stack} cannot be used: ${why}. The state before it is kept; bring it back with: cp '${path}.bak' '${path}'`,
    );
  }

  /** @param deployment the text of a DeploymentJson, in pieces */
  async write(deployment: Iterable<string>): Promise<void> {
    const meta = join(this.base, "meta.yaml");
    if ((await readIfThere(meta)) === undefined) await writeAtomically(meta, "version: 1\n");
    await keepAs(this.checkpointPath, `${this.checkpointPath}.bak`);
    await keepAs(`${this.checkpointPath}.attrs`, `${this.checkpointPath}.bak.attrs`);
    await writeAtomically(this.checkpointPath, this.checkpointText(deployment));
  }

  /** The text of a CheckpointJson, in pieces. */
  private *checkpointText(deployment: Iterable<string>): Generator<string> {
    yield `{"version":${schemaVersion},"checkpoint":{"stack":${JSON.stringify(this.fullName)},"latest":`;
    yield* deployment;
    yield "}}";
  }

  /** Adds an update that has ended to the stack's history, and keeps a copy of the state it left. */
  async record(update: UpdateRecord): Promise<void> {
    const nanoseconds = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
    const history = join(this.base, "history", this.project, this.stack, `${this.stack}-${nanoseconds}`);
    await writeAtomically(`${history}.history.json`, JSON.stringify(update));
    const backup = join(this.base, "backups", this.project, this.stack, `${this.stack}.${nanoseconds}.json`);
    for (const path of [`${history}.checkpoint.json`, backup]) await copyAtomically(this.checkpointPath, path);
  }

  private async refuseOtherLayouts(): Promise<void> {
    const meta = await readIfThere(join(this.base, "meta.yaml"));
    if (meta !== undefined && !/^version:\s*1\s*$/m.test(meta)) {
      throw new EngineError(
        `The state store ${this.base} has a layout that the embedded engine does not know (meta.yaml): use --engine pulumi.`,
      );
    }
    const names = await list(join(this.base, "stacks"));
    if (meta === undefined && names.some((name) => /\.json(\.gz|\.zst)?$/.test(name))) {
      throw new EngineError(
        `The state store ${this.base} has the layout from before projects: run \`pulumi state upgrade\` once, then try again.`,
      );
    }
    const own = await list(join(this.base, "stacks", this.project));
    const compressed = own.find((name) => name === `${this.stack}.json.gz` || name === `${this.stack}.json.zst`);
    if (compressed !== undefined) {
      throw new EngineError(
        `The state of stack ${this.stack} is compressed (${compressed}), which the embedded engine does not support: use --engine pulumi, or unset PULUMI_DIY_BACKEND_GZIP and update once with the CLI.`,
      );
    }
  }
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
