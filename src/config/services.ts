import { ConfigurationError } from "../errors.js";
import { isLoopback, urlProblem } from "../http/index.js";
import { type StackConfig, spelledUrl } from "./schema.js";

/** Where both services are, after the environment has had its say. */
export interface Services {
  readonly infisicalUrl: string;
  readonly herokuUrl: string;
  /** On loopback, both where a company has Heroku apps: local services, where a passphrase may be empty and the embedded engine needs no asking. */
  readonly loopback: boolean;
}

function normalised(variable: string, text: string, problems: string[]): string {
  const problem = urlProblem(text);
  if (problem === undefined) return spelledUrl(text);
  problems.push(`${variable}: ${problem}`);
  return text;
}

/**
 * The services of a stack: `INFISICAL_API_URL` and `HEROKU_API_URL` win over config.
 * Refused, because half of a mistake here writes test values to live apps or live values to a test vault: one of the two on
 * loopback and the other not; plain http to anything but loopback.
 *
 * @param heroku whether the company has Heroku apps: without any, its URL says nothing
 * @throws ConfigurationError (exit 2)
 */
export function servicesOf(config: StackConfig, env: NodeJS.ProcessEnv, heroku: boolean): Services {
  const problems: string[] = [];
  const pick = (variable: string, configured: string) =>
    env[variable] ? normalised(variable, env[variable], problems) : configured;
  const infisicalUrl = pick("INFISICAL_API_URL", config.infisicalUrl);
  const herokuUrl = pick("HEROKU_API_URL", config.herokuApiUrl);
  if (problems.length === 0 && heroku) {
    const local = [isLoopback(new URL(infisicalUrl)), isLoopback(new URL(herokuUrl))];
    if (local[0] !== local[1])
      problems.push(
        `only ${local[0] ? "Infisical" : "Heroku"} is on loopback (Infisical ${infisicalUrl}, Heroku ${herokuUrl}): set both INFISICAL_API_URL and HEROKU_API_URL to local services (console-vault local start prints them), or neither`,
      );
  }
  if (problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  return { infisicalUrl, herokuUrl, loopback: isLoopback(new URL(infisicalUrl)) };
}
