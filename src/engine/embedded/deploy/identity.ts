import type { ResourceState } from "../state/resource.js";
import { makeUrn } from "../urn.js";
import { aliasUrns } from "./aliases.js";
import type { Goal } from "./goal.js";
import type { Run } from "./run.js";

export interface Found {
  old: ResourceState | undefined;
  /** The URN that it had, when that was another one. */
  alias: string | undefined;
}

/** The URN of a resource, which nothing else in this run may have. */
export function claim(run: Run, parent: string, type: string, name: string): string {
  const urn = makeUrn(run.options.stack, run.options.project, parent, type, name);
  if (run.names.urns.has(urn)) run.reports.fail(`Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
  run.names.take(urn);
  return urn;
}

/** What the resource was before, under its own URN or one of its aliases. */
export function findOld(run: Run, goal: Goal, urn: string): Found {
  const other = run.names.renamed(urn);
  if (other !== undefined) {
    run.reports.fail(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${other}'`, urn);
  }
  const context = { stack: run.options.stack, project: run.options.project, aliases: run.names.aliases };
  for (const candidate of [urn, ...aliasUrns(goal, context)]) {
    const old = run.base.olds.get(candidate);
    if (old === undefined) continue;
    if (candidate === urn) return { old, alias: undefined };
    const taken = run.names.urns.has(candidate) ? urn : run.names.renamed(candidate);
    if (taken !== undefined) {
      run.reports.fail(
        `Duplicate resource alias '${candidate}' applied to resource with URN '${urn}' conflicting with resource with URN '${taken}'`,
        urn,
      );
    }
    run.names.rename(candidate, urn);
    run.options.registry.registerAlias(urn, candidate);
    return { old, alias: candidate };
  }
  return { old: undefined, alias: undefined };
}
