import { ConfigurationError } from "../errors.js";
import { SecretValue } from "../secret.js";
import { authFromEnvironment, type InfisicalAuth } from "../vault/client/index.js";

export interface Credentials {
  readonly infisical: InfisicalAuth;
  readonly heroku: SecretValue;
}

/**
 * The credentials of both services: `INFISICAL_TOKEN`, or `INFISICAL_CLIENT_ID` and `INFISICAL_CLIENT_SECRET`; the stack's
 * secret config `heroku:apiKey`, else `HEROKU_API_KEY`.
 *
 * @throws ConfigurationError that names everything that is missing
 */
export function credentialsOf(env: NodeJS.ProcessEnv, configuredHerokuKey: string | undefined): Credentials {
  const problems: string[] = [];
  let infisical: InfisicalAuth | undefined;
  try {
    infisical = authFromEnvironment(env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(error.message);
  }
  const heroku = configuredHerokuKey || env.HEROKU_API_KEY;
  if (!heroku)
    problems.push("Heroku: set HEROKU_API_KEY, or keep it with the stack: pulumi config set --secret heroku:apiKey");
  if (!infisical || !heroku) throw new ConfigurationError(problems.join("\n"));
  return { infisical, heroku: SecretValue.of(heroku) };
}
