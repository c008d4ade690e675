import { afterEach } from "vitest";
import { type HerokuOptions, type HerokuSeed, type LocalHeroku, startHeroku } from "../../../src/local/heroku/index.js";

export const ops = { email: "ops@raxx.example", key: "HRKU-00000000-0000-4000-8000-000000000001" };
export const guest = { email: "guest@raxx.example", key: "HRKU-00000000-0000-4000-8000-000000000002" };
export const narrow = "HRKU-00000000-0000-4000-8000-000000000003";

export const twoAccounts: HerokuSeed = {
  accounts: [
    {
      email: ops.email,
      keys: [ops.key, { key: narrow, apps: ["raxx-api-staging"] }],
      apps: ["raxx-api-staging", "raxx-console-staging"],
    },
    { email: guest.email, keys: [guest.key], apps: ["raxx-marketing"] },
  ],
  apps: [
    { name: "raxx-api-staging", vars: { LOG_LEVEL: "debug", STRIPE_RESTRICTED_KEY: "rk_test_1" } },
    { name: "raxx-console-staging", vars: { LOG_LEVEL: "info" } },
    { name: "raxx-marketing" },
  ],
};

const running: LocalHeroku[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

export async function heroku(options: HerokuOptions = {}): Promise<LocalHeroku> {
  const started = await startHeroku({ seed: twoAccounts, ...options });
  running.push(started);
  return started;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
  body: any;
}

/** A request as any HTTP client would send it. */
export async function ask(
  { url }: { url: string },
  method: string,
  path: string,
  options: { key?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      accept: "application/vnd.heroku+json; version=3",
      authorization: `Bearer ${options.key ?? ops.key}`,
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

export const basic = (user: string, key: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${key}`).toString("base64")}`,
});
