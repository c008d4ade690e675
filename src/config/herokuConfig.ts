import { ConfigurationError } from "../errors.js";

/** A stack file's `{ secure: … }`, which Pulumi made of a secret. */
export const isEncrypted = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "secure" in value;

/**
 * The `heroku:` keys of a stack's config go to the Heroku provider as they are: a key in clear would be in the stack's state in
 * clear, and another URL or header would send the key to another place than the plan's header names.
 *
 * @param config with namespaces
 * @throws ConfigurationError (exit 2) that names every one, and no value
 */
export function checkHerokuConfig(
  config: Readonly<Record<string, unknown>>,
  stack: string,
  isSecret: (key: string) => boolean,
): void {
  const given = (key: string) => config[key] !== undefined && config[key] !== null;
  const problems: string[] = [];
  if (given("heroku:apiKey") && !isSecret("heroku:apiKey"))
    problems.push(
      `heroku:apiKey: is there in clear. Revoke that key, and keep the new one encrypted (pulumi config set --secret heroku:apiKey --stack ${stack}) or in the variable HEROKU_API_KEY`,
    );
  for (const key of ["heroku:url", "heroku:headers"])
    if (given(key))
      problems.push(
        `${key}: may send the API key to another place than the plan names. Take it out; where Heroku is, console-vault:herokuApiUrl says, or the variable HEROKU_API_URL`,
      );
  if (problems.length > 0)
    throw new ConfigurationError(`Pulumi.${stack}.yaml cannot be used:\n  ${problems.join("\n  ")}`);
}
