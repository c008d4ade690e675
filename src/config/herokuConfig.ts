/** A stack file's `{ secure: … }`, which Pulumi made of a secret. */
export const isEncrypted = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "secure" in value;

/**
 * The `heroku:` keys of a stack's config go to the Heroku provider as they are: a key in clear would be in the stack's state in
 * clear, and another URL or header would send the key to another place than the plan's header names.
 *
 * @param config with namespaces
 * @returns `key: what is wrong` of every one, and no value
 */
export function herokuProblems(
  config: Readonly<Record<string, unknown>>,
  stack: string,
  isSecret: (key: string) => boolean,
): string[] {
  const given = (key: string) => config[key] !== undefined && config[key] !== null;
  const clear =
    given("heroku:apiKey") && !isSecret("heroku:apiKey")
      ? [
          `heroku:apiKey: is there in clear. Revoke that key, and keep the new one encrypted (pulumi config set --secret heroku:apiKey --stack ${stack}) or in the variable HEROKU_API_KEY`,
        ]
      : [];
  const elsewhere = ["heroku:url", "heroku:headers"]
    .filter(given)
    .map(
      (key) =>
        `${key}: may send the API key to another place than the plan names. Take it out; where Heroku is, console-vault:herokuApiUrl says, or the variable HEROKU_API_URL`,
    );
  return [...clear, ...elsewhere];
}
