import { ConfigurationError } from "../errors.js";
import { SecretValue } from "../secret.js";
import { authFromEnvironment, type InfisicalAuth } from "../vault/client/index.js";

export interface Credentials {
  readonly infisical: InfisicalAuth;
  /** undefined where none is needed and none is there. */
  readonly heroku: SecretValue | undefined;
}

/**
 * The credentials of both services: `INFISICAL_TOKEN`, or `INFISICAL_CLIENT_ID` and `INFISICAL_CLIENT_SECRET`; the stack's
 * secret config `heroku:apiKey`, else `HEROKU_API_KEY`.
 *
 * @param needed whether a Heroku key is: a company without apps has none
 * @throws ConfigurationError that names everything that is missing
 */
export function credentialsOf(
  env: NodeJS.ProcessEnv,
  configuredHerokuKey: string | undefined,
  needed: boolean,
): Credentials {
  const problems: string[] = [];
  let infisical: InfisicalAuth | undefined;
  try {
    infisical = authFromEnvironment(env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(error.message);
  }
  const heroku = configuredHerokuKey || env.HEROKU_API_KEY;
  if (!heroku && needed)
    problems.push("Heroku: set HEROKU_API_KEY, or keep it with the stack: pulumi config set --secret heroku:apiKey");
  if (!infisical || problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  return { infisical, heroku: heroku ? SecretValue.of(heroku) : undefined };
}
