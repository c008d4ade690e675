import { makeUrn, parseUrn, rootStackType, urnName, urnType } from "../urn.js";
import type { Alias, Goal } from "./goal.js";

/** Stack and project of a deployment, and the URN each resource stood under before. */
export interface AliasContext {
  stack: string;
  project: string;
  /** New URN → the old one that it was found under. */
  aliases: ReadonlyMap<string, string>;
}

/** Every URN a resource may have stood under, its parents' earlier names included (`generateAliases`, step_generator.go). */
export function aliasUrns(goal: Goal, context: AliasContext): string[] {
  const own = goal.aliases.map((alias) => aliasUrn(goal, alias, context));
  const parentAlias = context.aliases.get(goal.parent);
  if (goal.parent === "" || parentAlias === undefined) return [...new Set(own)];
  const parentName = urnName(goal.parent);
  const inherited = [
    childAlias(goal.type, goal.name, parentName, parentAlias, context),
    ...own.map((urn) => childAlias(urnType(urn), urnName(urn), parentName, parentAlias, context)),
  ];
  return [...new Set([...own, ...inherited])];
}

function aliasUrn(goal: Goal, alias: Alias, context: AliasContext): string {
  if ("urn" in alias) return alias.urn;
  const parent = alias.parent === "" ? goal.parent : (context.aliases.get(alias.parent) ?? alias.parent);
  const orphan = alias.noParent || (parent !== "" && parseUrn(parent).qualifiedType === rootStackType);
  return makeUrn(
    alias.stack || context.stack,
    alias.project || context.project,
    orphan ? "" : parent,
    alias.type || goal.type,
    alias.name || goal.name,
  );
}

/** A child whose name begins with its parent's is taken to have been renamed with it. */
function childAlias(
  type: string,
  name: string,
  parentName: string,
  parentAlias: string,
  context: AliasContext,
): string {
  const aliasName = name.startsWith(parentName) ? urnName(parentAlias) + name.slice(parentName.length) : name;
  return makeUrn(context.stack, context.project, parentAlias, type, aliasName);
}
