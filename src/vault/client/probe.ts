// What can be learned of a vault without reading a value and without a write: for `console-vault doctor`.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Answer, createTransport, NoAnswer, type Request } from "../../http/index.js";
import { SecretValue } from "../../secret.js";
import { type Api, isMissingRoute, newest, older } from "./api.js";
import { type Asked, diagnose, diagnoseSilence, type Target } from "./diagnosis.js";
import { InfisicalError } from "./error.js";
import { folderPath } from "./paths.js";
import { foldersAnswer, loginAnswer } from "./schemas.js";
import type { InfisicalAuth, InfisicalClientOptions } from "./types.js";
import { baseUrl } from "./url.js";

/** Requests that one route takes in its window, as an answer's headers tell. */
export interface RateLimitSeen {
  readonly route: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** Whose token it is. What the server does not tell is undefined. */
export type TokenHolder =
  | {
      readonly kind: "service token";
      readonly name: string;
      readonly expiresAt: Date | undefined;
      readonly scopes: readonly { readonly environment: string; readonly secretPath: string }[];
      readonly permissions: readonly string[];
    }
  | { readonly kind: "machine identity"; readonly id: string | undefined; readonly expiresAt: Date | undefined };

/** What a token may do at a folder; undefined where the server only tells by doing it. */
export interface FolderRights {
  readonly read: boolean | undefined;
  readonly write: boolean | undefined;
}

const serviceToken = z.object({
  name: z.string(),
  expiresAt: z.string().nullish(),
  scopes: z.array(z.object({ environment: z.string(), secretPath: z.string() })),
  permissions: z.array(z.string()),
});

const claims = z.object({ identityId: z.string().optional(), exp: z.number().optional() });

type ProbeOptions = Pick<InfisicalClientOptions, "url" | "projectId" | "environment" | "signal"> & {
  readonly auth: InfisicalAuth | undefined;
};

/**
 * Asks an Infisical server questions whose answers hold no value. Besides the login, every request is a GET, sent once.
 * Methods throw {@link InfisicalError}.
 */
export class VaultProbe {
  readonly #target: Target;
  readonly #send: (request: Request) => Promise<Answer>;
  readonly #limits = new Map<string, RateLimitSeen>();
  #token: Promise<SecretValue> | undefined;
  #date: Date | undefined;

  /** @param options without `auth`, only what needs no token can be asked */
  constructor(options: ProbeOptions) {
    const { projectId, environment, signal } = options;
    const auth = options.auth ?? { kind: "token", token: SecretValue.of("") };
    this.#target = { baseUrl: baseUrl(options.url), projectId, environment, auth };
    this.#send = createTransport({ baseUrl: this.#target.baseUrl, timeoutMs: 10_000, signal });
  }

  /** The `Date` of the latest answer. */
  get date(): Date | undefined {
    return this.#date;
  }

  /** One per route, as they were last told. */
  get limits(): readonly RateLimitSeen[] {
    return [...this.#limits.values()];
  }

  /** Whether a server answers at all; needs no token. */
  async status(): Promise<void> {
    await this.#ask({ method: "GET", path: "/api/status" }, "tell its status", false);
  }

  /** The version of the API that requests use here. Needs no token: a route that is there asks for one. */
  async apiVersion(): Promise<Api["version"]> {
    return (await this.#knownApi()).version;
  }

  /** Which of the routes that console-vault uses the server does not have, in no version. */
  async missingRoutes(): Promise<string[]> {
    const { folders, secrets } = await this.#knownApi();
    const missing: string[] = [];
    for (const path of [folders, secrets]) if (!(await this.#hasRoute(path))) missing.push(path);
    return missing;
  }

  #api: Promise<Api> | undefined;
  #knownApi(): Promise<Api> {
    this.#api ??= this.#hasRoute(newest.secrets).then((has) => (has ? newest : older));
    return this.#api;
  }

  async #hasRoute(path: string): Promise<boolean> {
    const request = { method: "GET", path } as const;
    const answer = await this.#answer(request, "answer", false);
    return !isMissingRoute(diagnose(answer, await this.#asked(request, "answer", false), this.#target));
  }

  async holder(): Promise<TokenHolder> {
    const token = (await this.#access()).reveal();
    if (token.startsWith("st.")) {
      const answer = await this.#ask({ method: "GET", path: "/api/v2/service-token" }, "show the token's own record");
      const { name, scopes, permissions, expiresAt } = understood(serviceToken, answer.body, "the token's own record");
      return {
        kind: "service token",
        name,
        scopes,
        permissions,
        expiresAt: expiresAt ? new Date(expiresAt) : undefined,
      };
    }
    const { identityId, exp } = claimsOf(token);
    return {
      kind: "machine identity",
      id: identityId,
      expiresAt: exp === undefined ? undefined : new Date(exp * 1000),
    };
  }

  /** Folders directly in one, by name. A folder that does not exist has none. */
  async folders(path: string): Promise<string[]> {
    const { projectId, environment } = this.#target;
    const api = await this.#knownApi();
    const query = { ...api.project(projectId), environment, path: folderPath(path).wire };
    const answer = await this.#ask({ method: "GET", path: api.folders, query }, `list the folders of ${path}`);
    return understood(foldersAnswer, answer.body, "the list of folders").folders.map(({ name }) => name);
  }

  /**
   * What the token may do at a folder. A service token's record says it. A machine identity is asked about by reading a name that is
   * not there: the server checks the right first, and has no value to answer with. Of a folder that is missing, current servers say
   * so before they check the right.
   */
  async rights(path: string, exists: boolean): Promise<FolderRights> {
    const holder = await this.#knownHolder();
    const { wire } = folderPath(path);
    if (holder.kind === "service token") {
      // Loaded where it is used: no other command takes it.
      const { default: picomatch } = await import("picomatch");
      const reaches = holder.scopes.some(
        ({ environment, secretPath }) =>
          environment === this.#target.environment && picomatch.isMatch(wire, secretPath, { strictSlashes: false }),
      );
      return {
        read: reaches && holder.permissions.includes("read"),
        write: reaches && holder.permissions.includes("write"),
      };
    }
    const { projectId, environment } = this.#target;
    const api = await this.#knownApi();
    const query = { ...api.project(projectId), environment, secretPath: wire };
    const name = `console-vault-doctor-${randomUUID()}`;
    try {
      await this.#ask({ method: "GET", path: `${api.secrets}/${name}`, query }, `read at ${path}`);
      return { read: undefined, write: undefined };
    } catch (error) {
      if (!(error instanceof InfisicalError)) throw error;
      if (error.kind === "not-found") return { read: exists ? true : undefined, write: undefined };
      if (error.kind === "forbidden") return { read: false, write: undefined };
      throw error;
    }
  }

  #holder: Promise<TokenHolder> | undefined;
  #knownHolder(): Promise<TokenHolder> {
    this.#holder ??= this.holder();
    return this.#holder;
  }

  /** The token that requests carry; a machine identity logs in for it, once. */
  #access(): Promise<SecretValue> {
    const { auth } = this.#target;
    if (auth.kind === "token") return Promise.resolve(auth.token);
    const body = JSON.stringify({ clientId: auth.clientId, clientSecret: auth.clientSecret.reveal() });
    const request: Request = { method: "POST", path: "/api/v1/auth/universal-auth/login", body };
    this.#token ??= this.#ask(request, "log in", false).then(
      ({ body: answer }) => understood(loginAnswer, answer, "the login").accessToken,
    );
    return this.#token;
  }

  async #ask(request: Request, to: string, withToken = true): Promise<Answer> {
    const answer = await this.#answer(request, to, withToken);
    if (answer.status >= 200 && answer.status < 300 && typeof answer.body === "object" && answer.body !== null)
      return answer;
    const asked = await this.#asked(request, to, withToken);
    if (answer.status >= 200 && answer.status < 300)
      throw new InfisicalError(
        "unreachable",
        `${this.#target.baseUrl} answers, but not with Infisical's JSON. Set INFISICAL_API_URL (or console-vault:infisicalUrl) to the server itself.`,
        { ...request, status: answer.status },
      );
    throw diagnose(answer, asked, this.#target);
  }

  async #answer(request: Request, to: string, withToken: boolean): Promise<Answer> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (withToken) headers.authorization = `Bearer ${(await this.#access()).reveal()}`;
    try {
      const answer = await this.#send({ ...request, headers });
      const date = new Date(answer.header("date") ?? "");
      if (!Number.isNaN(date.getTime())) this.#date = date;
      this.#noteLimit(request, answer);
      return answer;
    } catch (failure) {
      if (!(failure instanceof NoAnswer)) throw failure;
      throw diagnoseSilence(failure, await this.#asked(request, to, withToken), this.#target);
    }
  }

  async #asked({ method, path }: Request, to: string, withToken: boolean): Promise<Asked> {
    const { auth } = this.#target;
    const own = auth.kind === "token" ? auth.token : auth.clientSecret;
    return { method, path, to, secrets: withToken ? [own, await this.#access()] : [own] };
  }

  #noteLimit({ method, path }: Request, { header }: Answer): void {
    const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) =>
      Number(header(`x-ratelimit-${name}`) ?? Number.NaN),
    ) as [number, number, number];
    if (Number.isNaN(limit) || Number.isNaN(remaining)) return;
    const route = `${method} ${path.replace(/console-vault-doctor-.*/, ":name")}`;
    this.#limits.set(route, { route, limit, remaining, resetSeconds });
  }
}

/** @throws InfisicalError that repeats nothing of the answer */
function understood<Schema extends z.ZodType>(schema: Schema, body: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const diagnosis = `Infisical's answer is not understood (${what}). This version of the server may be unknown to console-vault.`;
  throw new InfisicalError("server", diagnosis, { method: "GET", path: "/api" });
}

/** What an access token says of itself. Its signature is the server's to check. */
function claimsOf(token: string): z.infer<typeof claims> {
  try {
    const [, payload = ""] = token.split(".");
    return claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  } catch {
    return {};
  }
}
