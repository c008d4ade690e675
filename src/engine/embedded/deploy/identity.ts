import type { ResourceState } from "../state/resource.js";
import { makeUrn } from "../urn.js";
import { aliasUrns } from "./aliases.js";
import type { Goal } from "./goal.js";
import type { Ledger } from "./ledger.js";

export interface Found {
  old: ResourceState | undefined;
  /** The URN that it had, when that was another one. */
  alias: string | undefined;
}

/** The URN of a resource, which nothing else in this run may have. */
export function claim(ledger: Ledger, parent: string, type: string, name: string): string {
  const urn = makeUrn(ledger.options.stack, ledger.options.project, parent, type, name);
  if (ledger.urns.has(urn)) ledger.fail(`Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
  ledger.urns.add(urn);
  return urn;
}

/** What the resource was before, under its own URN or one of its aliases. */
export function findOld(ledger: Ledger, goal: Goal, urn: string): Found {
  const other = ledger.aliased.get(urn);
  if (other !== undefined) {
    ledger.fail(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${other}'`, urn);
  }
  const context = { stack: ledger.options.stack, project: ledger.options.project, aliases: ledger.aliases };
  for (const candidate of [urn, ...aliasUrns(goal, context)]) {
    const old = ledger.olds.get(candidate);
    if (old === undefined) continue;
    if (candidate === urn) return { old, alias: undefined };
    const taken = ledger.urns.has(candidate) ? urn : ledger.aliased.get(candidate);
    if (taken !== undefined) {
      ledger.fail(
        `Duplicate resource alias '${candidate}' applied to resource with URN '${urn}' conflicting with resource with URN '${taken}'`,
        urn,
      );
    }
    ledger.aliased.set(candidate, urn);
    ledger.aliases.set(urn, candidate);
    ledger.options.registry.registerAlias(urn, candidate);
    return { old, alias: candidate };
  }
  return { old: undefined, alias: undefined };
}
