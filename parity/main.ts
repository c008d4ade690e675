// npm run parity -- [infisical|heroku] LEFT RIGHT [--json]
// A target is `2024-10` or `current` (local; `current:v3` for its older routes), `local` (Heroku), or `env:NAME`: a real server
// named by NAME_URL, NAME_CLIENT_ID and NAME_CLIENT_SECRET (Heroku: NAME_API_KEY).
import { ConfigurationError } from "../src/errors.js";
import { parity } from "./parity.js";

const args = process.argv.slice(2);
const json = args.includes("--json");
try {
  const { code, text } = await parity(
    args.filter((arg) => arg !== "--json"),
    process.env,
    { json },
  );
  process.stdout.write(`${text}\n`);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
