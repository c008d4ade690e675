import type { ResourceState } from "../state/resource.js";
import { equal, type Properties, reveal } from "../values/values.js";
import { type Diff, noDiff, type Plugin } from "./plugin.js";
import { contains, parsePropertyPath, resetPath } from "./propertyPath.js";

/** What `ignoreChanges` leaves of the new inputs, and the paths that it cannot be applied to. */
export function applyIgnoreChanges(news: Properties, olds: Properties, ignoreChanges: string[]) {
  const impossible: string[] = [];
  let inputs = news;
  for (const text of ignoreChanges) {
    const path = parsePropertyPath(text);
    if (path === undefined) continue;
    const reset = resetPath(path, olds, inputs);
    if (reset === undefined) impossible.push(text);
    else inputs = reset;
  }
  return { inputs, impossible };
}

/** The provider's answer; where it cannot tell, the inputs are compared. */
export async function diffResource(
  plugin: Plugin,
  resource: ResourceState,
  old: { inputs: Properties; outputs: Properties },
  news: Properties,
  ignoreChanges: string[],
): Promise<Diff> {
  const diff = await plugin.diff(resource, old, news, ignoreChanges);
  return diff === "unknown" ? inputDiff(old.inputs, applyIgnoreChanges(news, old.inputs, ignoreChanges).inputs) : diff;
}

/** Top-level keys that differ; secretness alone is no difference. */
export function inputDiff(olds: Properties, news: Properties): Diff {
  const details: NonNullable<Diff["detailedDiff"]> = {};
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const [before, after] = [olds[key], news[key]];
    if (before === undefined && after !== undefined) details[key] = { kind: "add", inputDiff: true };
    else if (before !== undefined && after === undefined) details[key] = { kind: "delete", inputDiff: true };
    else if (before !== undefined && after !== undefined && !equal(reveal(before), reveal(after))) {
      details[key] = { kind: "update", inputDiff: true };
    }
  }
  const changedKeys = Object.keys(details).sort();
  return changedKeys.length === 0 ? noDiff : { ...noDiff, changes: true, changedKeys, detailedDiff: details };
}

/** Stands in `replaceOnChanges` for "when it was only partly made" (`applyReplaceOnChanges`, step_generator.go). */
const initErrorKey = "#initerror";

/** Turns changes of the keys in `replaceOnChanges` into replacements. */
export function applyReplaceOnChanges(diff: Diff, replaceOnChanges: string[], hasInitErrors: boolean): Diff {
  if (!diff.changes && !hasInitErrors) return diff;
  const paths = replaceOnChanges.map(parsePropertyPath).filter((path) => path !== undefined);
  const matches = (text: string) => {
    const path = parsePropertyPath(text);
    return path !== undefined && paths.some((replacing) => contains(replacing, path));
  };
  const replaceKeys = new Set([...diff.replaceKeys, ...diff.changedKeys.filter(matches)]);
  const initErrors = hasInitErrors && matches(initErrorKey);
  if (initErrors) replaceKeys.add(initErrorKey);
  return {
    ...diff,
    changes: diff.changes || initErrors,
    replaceKeys: [...replaceKeys],
    detailedDiff:
      diff.detailedDiff &&
      Object.fromEntries(
        Object.entries(diff.detailedDiff).map(([path, detail]) => [
          path,
          matches(path) ? { ...detail, kind: toReplace(detail.kind) } : detail,
        ]),
      ),
  };
}

type Kind = NonNullable<Diff["detailedDiff"]>[string]["kind"];
const toReplace = (kind: Kind): Kind => (kind.endsWith("-replace") ? kind : (`${kind}-replace` as Kind));
