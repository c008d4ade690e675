// `--target`, `--exclude`, `--target-dependents`, `--replace`: an update of a part of a stack, as the Pulumi CLI has it.
import type { Command } from "commander";
import type { RunOptions } from "../../engine/index.js";
import { UsageError } from "../../errors.js";

export interface PartialOptions {
  readonly target?: string[];
  readonly targetDependents?: boolean;
  readonly exclude?: string[];
  readonly replace?: string[];
}

const collect = (urn: string, before: string[] = []): string[] => [...before, urn];

export function withPartialOptions(command: Command): Command {
  return command
    .option("--target <urn>", "change only this resource (repeatable)", collect)
    .option("--target-dependents", "with --target: also what depends on it")
    .option("--exclude <urn>", "leave this resource as it is (repeatable)", collect)
    .option("--replace <urn>", "replace this resource, even if nothing of it changed (repeatable)", collect);
}

/** @throws UsageError for what the Pulumi CLI refuses too */
export function partOf({
  target,
  targetDependents,
  exclude,
  replace,
}: PartialOptions): Pick<RunOptions, "targets" | "targetDependents" | "excludes" | "replace"> {
  if (target && exclude) throw new UsageError("--target and --exclude cannot be used together: leave one of them out.");
  if (targetDependents && !target) throw new UsageError("--target-dependents needs --target.");
  return {
    ...(target && { targets: target }),
    ...(targetDependents && { targetDependents }),
    ...(exclude && { excludes: exclude }),
    ...(replace && { replace }),
  };
}
