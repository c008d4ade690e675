// A preview says what the update does, property by property: the two are compared as the engine reports them.

import { unknownString } from "../../src/engine/embedded/values/signatures.js";
import type { EngineEvent } from "../../src/engine/index.js";
import { newRevision, resourceTypes, unwritten } from "../../src/migration/index.js";
import type { Runs } from "./world.js";

type Metadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

const ours = new Set<string>(Object.values(resourceTypes));
/** An update refreshes first; that is no step of the plan. */
const planned = ({ type, op }: Metadata) => ours.has(type) && op !== "refresh" && op !== "read";

/** Of each resource: what its step announced. */
const announced = (events: readonly EngineEvent[]): Map<string, Metadata> =>
  new Map(
    events.flatMap(({ resourcePreEvent }) => {
      const metadata = resourcePreEvent?.metadata;
      return metadata && planned(metadata) ? [[metadata.urn, metadata] as const] : [];
    }),
  );

/** Names of one run, and times on a clock that goes on. */
const ofOneRun = /^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z)$/;

/** In a sentence: how long it is to a time on that clock. */
const durations = /less than a minute|\d+ h \d+ min|\d+ (h|min)\b/g;

/** @param told by the preview; what was unknown then, or names a revision that is to be written, may come out as anything */
function compare(told: unknown, done: unknown, at: string): string[] {
  if (told === unknownString || (told === newRevision && typeof done === "string")) return [];
  if (typeof told === "string" && typeof done === "string" && ofOneRun.test(told) && ofOneRun.test(done)) return [];
  if (
    typeof told === "string" &&
    typeof done === "string" &&
    told.replace(durations, "") === done.replace(durations, "")
  )
    return [];
  if (typeof told === "object" && typeof done === "object" && told !== null && done !== null) {
    const [one, other] = [told as Record<string, unknown>, done as Record<string, unknown>];
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      compare(one[key], other[key], at ? `${at}.${key}` : key),
    );
  }
  // What JSON leaves out is nothing.
  return (told ?? null) === (done ?? null) ? [] : [`${at}: told ${JSON.stringify(told)}, done ${JSON.stringify(done)}`];
}

/** What an update did otherwise than its preview said, and what it found otherwise than it expected; a line each. */
export function otherThanForetold({ preview, up }: Runs): string[] {
  const [told, done] = [announced(preview), announced(up)];
  const urns = up.length > 0 ? [...new Set([...told.keys(), ...done.keys()])] : [];
  const steps = urns.flatMap((urn) => {
    const [one, other] = [told.get(urn), done.get(urn)];
    const subject = urn.split("::").slice(2).join(" ");
    const open = JSON.stringify(one?.new?.inputs ?? "").includes(unknownString);
    if (one?.op !== other?.op && !(open && other?.op === "same"))
      return [`${subject}: told ${one?.op ?? "nothing"}, done ${other?.op ?? "nothing"}`];
    const [plan, step] = [one, other].map((metadata) => unwritten(metadata?.new?.inputs ?? {}));
    return compare(plan, step, "").map((line) => `${subject}: ${line}`);
  });
  const found = up.flatMap(({ resOutputsEvent }) => {
    const metadata = resOutputsEvent?.metadata;
    if (!metadata || metadata.type !== resourceTypes.secretSet || !["create", "update"].includes(metadata.op))
      return [];
    const { inputs, outputs } = metadata.new!;
    const [expected, found] = [inputs, outputs].map((one) => unwritten(one ?? {}).summary);
    if (!expected || !found) throw new Error(`${metadata.urn} has no summary to compare`);
    return compare(expected, found, "summary").map((line) => `${metadata.urn.split("::").at(-1)}: ${line}`);
  });
  return [...steps, ...found];
}
