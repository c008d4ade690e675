/** Machine identities with their access tokens, and service tokens: issuing, checking, renewing, revoking. */
import { createHash, createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { remove } from "./database.js";
import { ApiError, expiredToken, type Flavour, notFound, tokenError, unauthorized } from "./errors.js";
import { signJwt, verifyJwt } from "./jwt.js";
import type { Actor, Scope } from "./permissions.js";
import { type IdentitySeed, identitySchema, type Role, type ServiceTokenSeed, serviceTokenSchema } from "./seed.js";

interface Identity {
  id: string;
  name: string;
  role: Role;
  clientId: string;
  clientSecret: string;
  clientSecretId: string;
  createdAt: Date;
  uses: number;
  /** Times of refused logins since the last good one. */
  refused: Date[];
  /** Seconds; 0: without end. */
  accessTokenTTL: number;
  accessTokenMaxTTL: number;
  clientSecretTTL: number;
  clientSecretNumUsesLimit: number;
}

interface AccessTokenRow {
  id: string;
  identity: Identity;
  createdAt: Date;
  renewedAt: Date;
}

export interface ServiceToken {
  id: string;
  name: string;
  secretHash: string;
  scopes: readonly Scope[];
  permissions: readonly ("read" | "write")[];
  createdAt: Date;
  expiresAt: Date | null;
}

/** What login and renewal answer. */
export interface TokenAnswer {
  accessToken: string;
  expiresIn: number;
  accessTokenMaxTTL: number;
  tokenType: "Bearer";
}

/** The current server's defaults: three refused logins within 30 s lock an identity's login for 300 s. */
const lockout = { attempts: 3, withinMs: 30_000, lockedMs: 300_000 };

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

export class Accounts {
  // The JWT library tries to read any other kind of key as a certificate first, at each request.
  readonly #key = createSecretKey(randomBytes(32));
  readonly #identities: Identity[] = [];
  readonly #accessTokens: AccessTokenRow[] = [];
  /** Those of them whose `exp` has passed before its time. */
  readonly #expired = new Set<AccessTokenRow>();
  /** Tokens fixed by a seed: they are no JWTs. */
  readonly #fixedTokens = new Map<string, Identity>();
  readonly #serviceTokens: ServiceToken[] = [];

  constructor(
    private readonly projectId: string,
    private readonly flavour: Flavour,
    private readonly now: () => Date,
  ) {}

  addIdentity(seed: IdentitySeed): void {
    const fields = identitySchema.parse(seed);
    const ids = { id: randomUUID(), clientSecretId: randomUUID() };
    this.#identities.push({ ...fields, ...ids, createdAt: this.now(), uses: 0, refused: [] });
  }

  addServiceToken(seed: ServiceTokenSeed): void {
    const { token, name, scopes, permissions, expiresIn } = serviceTokenSchema.parse(seed);
    const [, id = "", secret = ""] = token.split(".");
    const createdAt = this.now();
    const expiresAt = expiresIn === undefined ? null : new Date(createdAt.getTime() + expiresIn * 1000);
    this.#serviceTokens.push({ id, name, secretHash: hash(secret), scopes, permissions, createdAt, expiresAt });
  }

  /** Makes `token` an access token of an identity. @throws Error for an unknown client id. */
  addFixedToken(token: string, clientId: string): void {
    const identity = this.#identities.find((row) => row.clientId === clientId);
    if (!identity) throw new Error(`accessTokens: no identity has the client id ${clientId}`);
    this.#fixedTokens.set(token, identity);
  }

  /** A new access token without a login. @throws Error for an unknown client id. */
  issue(clientId: string): TokenAnswer {
    const identity = this.#identities.find((row) => row.clientId === clientId);
    if (!identity) throw new Error(`no identity has the client id ${clientId}`);
    return this.#issue(identity);
  }

  login(clientId: string, clientSecret: string): TokenAnswer {
    const identity = this.#identities.find((row) => row.clientId === clientId);
    if (!identity) {
      throw this.flavour === "current"
        ? unauthorized("Invalid credentials")
        : notFound("No identity with specified client ID was found");
    }
    if (this.flavour === "current") this.#refuseLocked(identity);
    if (clientSecret !== identity.clientSecret) {
      identity.refused.push(this.now());
      throw unauthorized("Invalid credentials");
    }
    if (this.#isPast(identity.createdAt, identity.clientSecretTTL)) {
      throw unauthorized("Access denied due to expired client secret");
    }
    if (identity.clientSecretNumUsesLimit > 0 && identity.uses >= identity.clientSecretNumUsesLimit) {
      throw unauthorized("Access denied due to client secret usage limit reached");
    }
    identity.uses += 1;
    identity.refused = [];
    return this.#issue(identity);
  }

  /** The token keeps its text; only its idle time starts again. */
  renew(token: string): TokenAnswer {
    const row = this.#validRow(token);
    const { accessTokenTTL, accessTokenMaxTTL } = row.identity;
    const endsAt = row.createdAt.getTime() + accessTokenMaxTTL * 1000;
    if (accessTokenMaxTTL > 0 && this.now().getTime() + accessTokenTTL * 1000 > endsAt) {
      this.#drop(row);
      throw unauthorized("Failed to renew MI access token past its Max TTL expiration");
    }
    row.renewedAt = this.now();
    return { accessToken: token, expiresIn: accessTokenTTL, accessTokenMaxTTL, tokenType: "Bearer" };
  }

  /** Ends every access token there is: past its `exp`, or past its time without use. */
  expireAll(as: "max-ttl" | "idle"): void {
    if (as === "idle") this.#accessTokens.length = 0;
    for (const row of this.#accessTokens) this.#expired.add(row);
  }

  /**
   * Who an `Authorization` header stands for; undefined without one.
   * @throws ApiError 401, 403 or 404, as the real server does for each kind of bad token.
   */
  authenticate(header: string | undefined): Actor | undefined {
    if (header === undefined || header === "") return undefined;
    // The real server cuts seven characters, whatever they are: "Bearer " in any spelling, or a part of the token.
    const token = header.slice(7);
    if (token.startsWith("st.")) {
      const { id, scopes, permissions } = this.serviceToken(token);
      return { kind: "service", id, projectId: this.projectId, scopes, permissions };
    }
    const identity = this.#fixedTokens.get(token) ?? this.#validRow(token).identity;
    return { kind: "identity", id: identity.id, role: identity.role };
  }

  serviceToken(token: string): ServiceToken {
    const [, id = "", secret = ""] = token.split(".");
    const row = this.#serviceTokens.find((candidate) => candidate.id === id);
    if (!row) throw notFound(`Service token with ID '${id}' not found`);
    if (row.expiresAt && row.expiresAt < this.now()) {
      remove(this.#serviceTokens, (candidate) => candidate === row);
      throw new ApiError(403, "ForbiddenError", "Service token has expired");
    }
    if (hash(secret) !== row.secretHash) throw unauthorized("Invalid service token");
    return row;
  }

  serviceTokenById(id: string): ServiceToken | undefined {
    return this.#serviceTokens.find((row) => row.id === id);
  }

  #issue(identity: Identity): TokenAnswer {
    const at = this.now();
    const row = { id: randomUUID(), identity, createdAt: at, renewedAt: at };
    this.#accessTokens.push(row);
    const { accessTokenTTL, accessTokenMaxTTL } = identity;
    const lifetime = accessTokenMaxTTL || accessTokenTTL;
    const iat = Math.floor(at.getTime() / 1000);
    const accessToken = signJwt(
      {
        identityId: identity.id,
        clientSecretId: identity.clientSecretId,
        identityAccessTokenId: row.id,
        authTokenType: "identityAccessToken",
        iat,
        ...(lifetime > 0 ? { exp: iat + lifetime } : {}),
      },
      this.#key,
    );
    return { accessToken, expiresIn: accessTokenTTL, accessTokenMaxTTL, tokenType: "Bearer" };
  }

  #validRow(token: string): AccessTokenRow {
    const claims = verifyJwt(token, this.#key, this.now());
    if (claims.authTokenType !== "identityAccessToken") throw tokenError("invalid token");
    const row = this.#accessTokens.find((candidate) => candidate.id === claims.identityAccessTokenId);
    if (!row) throw unauthorized("No identity access token found");
    if (this.#expired.has(row)) throw expiredToken();
    if (this.#isPast(row.renewedAt, row.identity.accessTokenTTL)) {
      this.#drop(row);
      throw unauthorized("Failed to renew MI access token due to TTL expiration");
    }
    return row;
  }

  #drop(row: AccessTokenRow): void {
    remove(this.#accessTokens, (candidate) => candidate === row);
  }

  #isPast(start: Date, seconds: number): boolean {
    return seconds > 0 && this.now().getTime() > start.getTime() + seconds * 1000;
  }

  #refuseLocked(identity: Identity): void {
    const recent = identity.refused.slice(-lockout.attempts).map((at) => at.getTime());
    const [first, last] = [recent[0], recent.at(-1)];
    if (first === undefined || last === undefined || recent.length < lockout.attempts) return;
    const locked = last - first <= lockout.withinMs && this.now().getTime() < last + lockout.lockedMs;
    if (locked) throw unauthorized("This identity auth method is temporarily locked, please try again later");
  }
}
