import type { InfisicalClient, SecretEntry, SecretToWrite } from "./types.js";

/**
 * Writes secrets of one folder, a request for those that are new there and one for those that exist. Reading back is the
 * caller's part: what was written is confirmed by nothing else.
 * @returns names whose write waits for an approval: nothing of it is done yet
 */
export async function writeSecrets(
  vault: InfisicalClient,
  path: string,
  {
    create = [],
    update = [],
  }: { readonly create?: readonly SecretToWrite[]; readonly update?: readonly SecretToWrite[] },
): Promise<ReadonlySet<string>> {
  const waiting = new Set<string>();
  for (const [secrets, send] of [
    [create, vault.createSecrets],
    [update, vault.updateSecrets],
  ] as const) {
    if (secrets.length === 0) continue;
    if ("approval" in (await send(path, secrets))) for (const { name } of secrets) waiting.add(name);
  }
  return waiting;
}

/** What became of one secret: `other` if not exactly the value that was sent is read back. */
export type Put<Row = SecretEntry> =
  | { readonly is: "written"; readonly row: Row }
  | { readonly is: "approval" }
  | { readonly is: "other"; readonly rows: number };

/**
 * Writes one secret and reads it back.
 * @param options `exists`: whether the name is there already; `folder`: read back the whole folder, which also shows a second row
 */
export async function put(
  vault: InfisicalClient,
  path: string,
  secret: SecretToWrite,
  { exists, folder = false }: { readonly exists: boolean; readonly folder?: boolean },
): Promise<Put> {
  const waiting = await writeSecrets(vault, path, exists ? { update: [secret] } : { create: [secret] });
  if (waiting.size > 0) return { is: "approval" };
  const { name } = secret;
  return putAs(secret, folder ? await vault.listSecrets(path) : [(await vault.getSecret(path, name)) ?? []].flat());
}

/** What a write came to, by what is read back. @param found rows of its folder */
export function putAs<Row extends Pick<SecretEntry, "name" | "value">>(
  { name, value }: SecretToWrite,
  found: readonly Row[],
): Exclude<Put<Row>, { is: "approval" }> {
  const [row, ...more] = found.filter((one) => one.name === name);
  return row && more.length === 0 && row.value.equals(value)
    ? { is: "written", row }
    : { is: "other", rows: row ? 1 + more.length : 0 };
}
