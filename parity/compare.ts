// What two targets answered, side by side.
import type { Observation } from "./normalise.js";

export interface Difference {
  readonly scenario: string;
  readonly step: string;
  /** Place in the answer: `status`, `body.secret.secretPath`. */
  readonly at: string;
  /** Undefined: not there. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** A difference that is a fact about the two kinds of server, and where that is from. */
export interface KnownDifference {
  /** Kinds of the targets, or the words that these begin with; the sides in `is` are in this order. */
  readonly between: readonly [string, string];
  /** Names of scenarios and steps; default all. */
  readonly scenario?: string;
  readonly steps?: readonly string[];
  /** Place in the answer, `*` for any part: `body.secrets[*].secretPath`, `body.*`. */
  readonly at: string;
  /** What stands there on either side; null: nothing. Left out: whatever it is. */
  readonly is?: readonly [string | null, string | null];
  /** The fact. */
  readonly says: string;
  readonly source: string;
  readonly date: string;
}

export interface Judged extends Difference {
  readonly known: KnownDifference | undefined;
}

export function differencesOf(scenario: string, step: string, left: Observation, right: Observation): Difference[] {
  const differ = (at: string) => ({ scenario, step, at, left: left.get(at), right: right.get(at) });
  // Of a success and a refusal every field differs; that one of them is a refusal says it all.
  if (left.get("status") !== right.get("status")) return [differ("status")];
  const found = new Map<string, Difference>();
  for (const at of new Set([...left.keys(), ...right.keys()])) {
    if (left.get(at) === right.get(at)) continue;
    const there = left.has(at) ? (right.has(at) ? undefined : right) : left;
    const whole = there ? widestMissing(at, there) : at;
    if (whole === at) found.set(at, differ(at));
    else if (there)
      found.set(whole, { ...differ(whole), ...(there === right ? { left: "there" } : { right: "there" }) });
  }
  return [...found.values()];
}

/** The largest part of an answer around a place that the other answer has nothing of: a row of a list rather than its fields. */
function widestMissing(at: string, other: Observation): string {
  const ends = [...at.matchAll(/[.[]/g)].map(({ index }) => index).filter((end) => end > "body.".length);
  const parts = [...ends.map((end) => at.slice(0, end + (at[end] === "[" ? at.slice(end).indexOf("]") + 1 : 0))), at];
  const places = [...other.keys()];
  return (
    parts.find(
      (part) =>
        !places.some((place) => place === part || (/^[.[]/.test(place.slice(part.length)) && place.startsWith(part))),
    ) ?? at
  );
}

export function judge(
  difference: Difference,
  kinds: readonly [string, string],
  known: readonly KnownDifference[],
): Judged {
  return { ...difference, known: known.find((one) => explains(one, difference, kinds)) };
}

function explains(known: KnownDifference, difference: Difference, [left, right]: readonly [string, string]): boolean {
  const [one, other] = known.between;
  const straight = isOf(left, one) && isOf(right, other);
  const turned = isOf(right, one) && isOf(left, other);
  if (!straight && !turned) return false;
  const sides = straight ? [difference.left, difference.right] : [difference.right, difference.left];
  return (
    (known.scenario === undefined || known.scenario === difference.scenario) &&
    (known.steps === undefined || known.steps.includes(difference.step)) &&
    pattern(known.at).test(difference.at) &&
    (known.is ?? sides).every((expected, side) => (expected ?? undefined) === sides[side])
  );
}

/** `current v4` is of `current`. */
export const isOf = (kind: string, group: string) => kind === group || kind.startsWith(`${group} `);

const pattern = (text: string) =>
  new RegExp(`^${text.replace(/[.[\]]/g, "\\$&").replace(/\*/g, text.endsWith(".*") ? ".*" : "[^.\\]]*")}$`);
