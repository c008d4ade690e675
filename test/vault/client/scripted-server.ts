import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { SecretValue } from "../../../src/secret.js";
import { createInfisicalClient, type InfisicalClientOptions } from "../../../src/vault/client/index.js";

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: object | string;
}

/** `hang` never answers; `trickle` answers without end; `drop` closes the connection without an answer. */
export type Script = (request: Received, index: number) => Outcome | Promise<Outcome>;

type Outcome = Reply | "hang" | "trickle" | "drop";

/** A server on loopback that does what no Infisical does when asked to, until the test ends. */
export async function serve(script: Script): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const entry = { method, url, authorization: headers.authorization, body: await bodyOf(request) };
    received.push(entry);
    answer(await script(entry, received.length - 1), response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export const TOKEN = "st.0a1b2c3d.marked-token-5e6f";

/** A client with short waits. */
export function clientOf(url: string, options: Partial<InfisicalClientOptions> = {}) {
  return createInfisicalClient({
    url,
    projectId: "7b8c3f0e-0000-4000-8000-000000000001",
    environment: "prod",
    auth: { kind: "token", token: SecretValue.of(TOKEN) },
    retry: { firstWaitMs: 5 },
    ...options,
  });
}

export const failure = (status: number, message: unknown, error = "Error"): Reply => ({
  status,
  body: { statusCode: status, message, error },
});

export const row = (secretKey: string, secretValue: string, more: object = {}) => ({
  id: `id-of-${secretKey}`,
  version: 1,
  type: "shared",
  environment: "prod",
  secretKey,
  secretValue,
  secretComment: "",
  createdAt: "2026-05-09T00:00:00.000Z",
  updatedAt: "2026-05-09T00:00:00.000Z",
  ...more,
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function answer(reply: Outcome, response: ServerResponse): void {
  if (reply === "hang") return;
  if (reply === "trickle") {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
    return;
  }
  if (reply === "drop") {
    response.destroy();
    return;
  }
  const { status = 200, headers, body = {} } = reply;
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
