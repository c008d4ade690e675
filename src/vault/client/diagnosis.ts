import type { Answer, NoAnswer } from "../../http/index.js";
import type { SecretValue } from "../../secret.js";
import { InfisicalError, type InfisicalErrorKind } from "./error.js";
import { errorAnswer } from "./schemas.js";
import type { InfisicalAuth } from "./types.js";

/** What an error's message may name besides the request. */
export interface Target {
  readonly baseUrl: string;
  readonly projectId: string;
  readonly environment: string;
  readonly auth: InfisicalAuth;
}

/** What was asked, as far as a message needs it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Completes "Infisical could not …": `list the secrets of /MooseQuest/`. */
  readonly to: string;
  /** Where the right counts that the request needs, if that is another path than `to` names. */
  readonly rightAt?: string | undefined;
  /** All that was sent and is secret: a sentence of the server that repeats any of it is withheld. */
  readonly secrets: readonly SecretValue[];
}

interface Said {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly json: boolean;
  readonly label: string;
  /** The sentence, or the issues of a failed validation in one line. For matching only. */
  readonly message: string;
  /** The same as it may be printed. */
  readonly shown: string;
  readonly requestId: string | undefined;
}

interface Rule {
  readonly kind: InfisicalErrorKind;
  readonly applies: (said: Said) => boolean;
  readonly says: (said: Said, asked: Asked, target: Target) => string;
}

/**
 * Internal labels in place of a code, measured in October 2024: the database refused a path, a name or an id. Sending
 * it again changes nothing.
 */
const BAD_INPUT = /^(Find by secret path|Find by id|Create)$/;

/** In this order: the first that applies names the error. Neither status nor `error` alone is a stable code. */
const rules: readonly Rule[] = [
  {
    kind: "unreachable",
    applies: ({ status }) => status >= 300 && status < 400,
    says: (_, __, { baseUrl }) =>
      `${baseUrl} answers with a redirect, which is not followed with a token. ${urlSetting} to the server's own address; if a login page stands before it, let this machine through.`,
  },
  {
    kind: "unreachable",
    applies: ({ status, label, message }) => status === 404 && label === "Not Found" && message.startsWith("Route "),
    says: (_, __, { baseUrl }) => `${baseUrl} has no such route: is it an Infisical server? ${urlSetting} to one.`,
  },
  {
    kind: "invalid",
    applies: ({ status, label }) => (status === 401 || status === 422) && label === "ValidationFailure",
    says: ({ shown }, { to }) => `Infisical could not ${to}: ${shown || "the request is not valid"}.`,
  },
  {
    kind: "unauthorized",
    applies: ({ status, label, message }) =>
      status === 401 ||
      (status === 403 && (label === "TokenError" || /token has expired/i.test(message))) ||
      (status === 404 && /^(Service token with ID|No identity with specified client ID)/i.test(message)),
    says: ({ message }, _, { auth }) => {
      const why = refusals.find(([pattern]) => pattern.test(message))?.[1] ?? "it is not known there";
      return auth.kind === "token"
        ? `Infisical does not accept the token: ${why}. Set INFISICAL_TOKEN to a valid service token or access token.`
        : `Infisical does not accept the machine identity: ${why}. Check INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET.`;
    },
  },
  {
    kind: "unknown-project",
    applies: ({ status, label, message }) =>
      (status === 403 && /not a (member|part) of (the specified|this) project/i.test(`${label} ${message}`)) ||
      (status === 404 && /^Project with (ID|slug)/i.test(message)),
    says: (_, __, { projectId }) =>
      `There is no project ${projectId} on this server that the token belongs to. Set console-vault:infisicalProjectId to the project's id (a UUID, from its settings), or add the token's identity to the project.`,
  },
  {
    kind: "forbidden",
    applies: ({ status, message }) => status === 404 && message.startsWith("Project bot not found"),
    says: (_, __, { projectId }) =>
      `The project ${projectId} is of Infisical's first, end-to-end encrypted kind, whose secrets the server can not read. Let an administrator upgrade it in Infisical's console.`,
  },
  {
    kind: "unknown-environment",
    // Secret routes report an unknown environment as its root folder missing, which always exists.
    applies: ({ status, message }) =>
      status === 404 && /^(Environment with slug|Folder with path '\/' in environment)/i.test(message),
    says: (_, __, { projectId, environment }) =>
      `The project ${projectId} has no environment with the slug ${environment}. Set console-vault:infisicalEnvironment to one that it has (Infisical's slug, not the stack's name).`,
  },
  {
    kind: "forbidden",
    applies: ({ status, json }) => status === 403 && !json,
    says: (_, __, { baseUrl }) =>
      `Something before Infisical at ${baseUrl} refuses the request (a proxy or access gate). Let this machine through.`,
  },
  {
    kind: "forbidden",
    applies: ({ status }) => status === 403,
    says: ({ shown }, { to, rightAt }, { environment }) =>
      `The token may not ${to}${shown.startsWith("You are not allowed to") ? ` ("${shown}")` : ""}. ${
        rightAt
          ? `Infisical asks for the right to write at ${rightAt}, the folder above it: give the token a scope or role with write permission for ${rightAt} in the environment ${environment}.`
          : `Give it a scope or role for that path in the environment ${environment}, with write permission if it is to change anything.`
      }`,
  },
  {
    kind: "not-found",
    applies: ({ status, message }) => status === 404 && message.startsWith("Folder with path"),
    says: (_, { to }) => `Infisical could not ${to}: the folder does not exist. It is made by console-vault up.`,
  },
  {
    kind: "not-found",
    applies: ({ status }) => status === 404,
    // Batch routes name a secret that exists in place of the missing one, so their sentence is not passed on.
    says: (_, { to }) => `Infisical could not ${to}: not all of it exists (any more). See console-vault status.`,
  },
  {
    kind: "conflict",
    applies: ({ status, message }) => status === 409 || (status === 400 && /already exists?/i.test(message)),
    says: ({ shown }, { to }) => `Infisical could not ${to}: ${shown || "it exists already"}. Nothing was changed.`,
  },
  {
    kind: "rate-limited",
    applies: ({ status }) => status === 429,
    says: ({ retryAfterMs = 60_000 }, { to }) =>
      `Infisical's rate limit does not let us ${to} for now. Run the same command again in ${Math.ceil(retryAfterMs / 1000)} s.`,
  },
  {
    kind: "invalid",
    applies: ({ status, label }) => status < 500 || BAD_INPUT.test(label),
    says: ({ shown }, { to }) => `Infisical could not ${to}: ${shown || "it does not take the request"}.`,
  },
  {
    kind: "server",
    applies: () => true,
    says: (_, { to }, { baseUrl }) =>
      `Infisical at ${baseUrl} failed to ${to}. Look at the server's logs, then run the same command again.`,
  },
];

const urlSetting = "Set INFISICAL_API_URL (or console-vault:infisicalUrl)";

const refusals: readonly (readonly [RegExp, string])[] = [
  [/token missing|jwt must be provided/i, "none arrived"],
  [/usage limit/i, "its client secret is used up"],
  [/expired client secret/i, "its client secret has expired"],
  [/locked/i, "its login is locked for a while after wrong attempts"],
  [/invalid credentials/i, "client id and client secret do not go together"],
  [/no identity with specified client id/i, "there is no such client id"],
  [/expir/i, "it has expired"],
  [/malformed|invalid token|signature/i, "it is damaged (cut off, or with something around it)"],
  [/no identity access token|not found/i, "it is unknown or revoked"],
];

/** The error for an answer that is no success. */
export function diagnose(answer: Answer, asked: Asked, target: Target): InfisicalError {
  const said = understand(answer, asked.secrets);
  const rule = rules.find(({ applies }) => applies(said));
  if (!rule) throw new TypeError("the last rule applies to everything");
  return new InfisicalError(rule.kind, rule.says(said, asked, target), {
    ...asked,
    status: answer.status,
    requestId: said.requestId,
  });
}

/** The error for no answer at all. */
export function diagnoseSilence({ code, untrusted }: NoAnswer, asked: Asked, { baseUrl }: Target): InfisicalError {
  const what =
    code === "timeout"
      ? "did not answer in time"
      : untrusted
        ? `has a certificate that is not trusted here (${code}); for a company's own authority set NODE_EXTRA_CA_CERTS`
        : `can not be reached (${code})`;
  return new InfisicalError("unreachable", `${baseUrl} ${what}. Is it up? ${urlSetting}, or try again.`, asked);
}

/** Whether trying again could help a server's failure. */
export function isBadInput(answer: Answer): boolean {
  return BAD_INPUT.test(errorAnswer.safeParse(answer.body).data?.error ?? "");
}

function understand(answer: Answer, secrets: readonly SecretValue[]): Said {
  const parsed = errorAnswer.safeParse(answer.body).data;
  const { message = "", error = "" } = parsed ?? {};
  const text = typeof message === "string" ? message : message.map(describeIssue).join("; ");
  return {
    status: answer.status,
    retryAfterMs: answer.retryAfterMs,
    json: parsed !== undefined,
    label: error,
    message: text,
    shown: printable(text, secrets),
    requestId: parsed?.reqId,
  };
}

/** zod repeats what it received in some messages: that half is cut off. */
function describeIssue({ path, message }: { path: readonly (string | number)[]; message: string }): string {
  const expectation = message.replace(/[,;]?\s*(but )?(received|got)\b.*$/is, "");
  return `${path.join(".") || "the request"}: ${expectation || "invalid"}`;
}

/** One line of at most 200 characters, and none at all if it shares six characters in a row with a secret. */
function printable(text: string, secrets: readonly SecretValue[]): string {
  const line = oneLine(text).replace(/\.$/, "").slice(0, 200);
  return secrets.some((secret) => shares(line, oneLine(secret.reveal()))) ? "(the server's words are withheld)" : line;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function shares(line: string, secret: string): boolean {
  const length = Math.min(6, secret.length);
  if (length === 0) return false;
  for (let start = 0; start + length <= line.length; start++) {
    if (secret.includes(line.slice(start, start + length))) return true;
  }
  return false;
}
