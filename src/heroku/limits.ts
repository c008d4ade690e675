import type { SecretValue } from "../secret.js";

/** Names and values of an app's config vars together, in bytes (Dev Center: "cannot exceed 32kb for each app"). */
export const configVarLimit = 32 * 1024;

/** From here on it is told, so that the next rotation does not come as a surprise. */
export const configVarWarning = 24 * 1024;

type Values = ReadonlyMap<string, SecretValue>;

/** Bytes of an app's config vars after a change of some of them. */
export function configVarBytes(vars: Values, changes: Values = new Map()): number {
  const after = new Map([...vars, ...changes]);
  return [...after].reduce((sum, [name, value]) => sum + bytes(name) + bytes(value.reveal()), 0);
}

/** Why an app cannot have a value. `bytes`: what all of its config vars would have with it. */
export type VarProblem =
  | { readonly is: "nul"; readonly app: string }
  | { readonly is: "too-much"; readonly app: string; readonly bytes: number; readonly limit: number };

/** Why an app cannot get a change, before it is sent; undefined where it can. */
export function overLimit(app: string, vars: Values, changes: Values): VarProblem | undefined {
  const size = configVarBytes(vars, changes);
  return size > configVarLimit ? { is: "too-much", app, bytes: size, limit: configVarLimit } : undefined;
}

/** Why an app cannot have a value, whatever else it has; undefined where it can. @param others that it is to get besides */
export function configVarProblem(
  app: { readonly name: string; readonly vars: Values },
  name: string,
  value: SecretValue,
  others: Values,
): VarProblem | undefined {
  if (value.reveal().includes("\0")) return { is: "nul", app: app.name };
  return overLimit(app.name, app.vars, new Map([...others, [name, value]]));
}

export const inKilobytes = (size: number): string => `${Math.ceil(size / 1024)} kB`;

const bytes = (text: string) => Buffer.byteLength(text);
