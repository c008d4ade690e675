// Whether an operator's value may be written at an environment path. Pure; values are compared in here, and only the answer leaves.
import { type Catalog, type Credential, type Judgement, judge, type RuleFinding, rulesOf } from "../catalog/index.js";
import type { SecretValue } from "../secret.js";
import { surroundingsOf } from "./judged.js";
import { indexed } from "./rows.js";
import type { FlagState, VaultRow } from "./world.js";

/**
 * - `broken`: the value breaks a rule.
 * - `duplicate`: the name has several rows there.
 * - `there`: the path has this value already.
 * - `flag-partly`: it is read by some of the apps only.
 * - `in-use`: the path is read, so that the apps have to get a new value as well: a rotation does both.
 * - `has-value`: it has another value, and nobody said that it may be replaced.
 * - `write`: `over` another value, or as a new row.
 */
export type ProvisionDecision =
  | { readonly is: "broken"; readonly findings: readonly RuleFinding[] }
  | { readonly is: "duplicate"; readonly rows: number }
  | { readonly is: "there" }
  | { readonly is: "flag-partly" }
  | { readonly is: "in-use" }
  | { readonly is: "has-value" }
  | { readonly is: "write"; readonly over: boolean };

export interface ProvisionFacts {
  readonly root: string;
  readonly path: string;
  readonly value: SecretValue;
  /** The folder's, and all that the rules compare the value with. */
  readonly rows: readonly VaultRow[];
  readonly flag: FlagState;
  /** Whether another value may be replaced. */
  readonly replace: boolean;
  /** Heroku's clock. */
  readonly now: Date;
}

export function decideProvision(
  catalog: Catalog,
  credential: Credential,
  environment: string,
  { root, path, value, rows, flag, replace, now }: ProvisionFacts,
): { readonly decision: ProvisionDecision; readonly distinct: Judgement["distinct"] } {
  const { name } = credential;
  const { findings, distinct } = judge(
    { name, environment, value, rules: rulesOf(catalog, credential) },
    { ...surroundingsOf(catalog, environment, root, rows), now },
  );
  const [row, ...others] = indexed(rows).at(path, name);
  const decision = ((): ProvisionDecision => {
    if (findings.length > 0) return { is: "broken", findings };
    if (others.length > 0) return { is: "duplicate", rows: others.length + 1 };
    if (row?.value.equals(value)) return { is: "there" };
    if (flag === "partly") return { is: "flag-partly" };
    if (flag === "on") return { is: "in-use" };
    return row && !replace ? { is: "has-value" } : { is: "write", over: row !== undefined };
  })();
  return { decision, distinct };
}
