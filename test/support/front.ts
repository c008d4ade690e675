// A server before another one, which keeps what passes: requests as a client sends them and answers as the server gives them.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed; undefined where none was sent. */
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

export interface Front {
  readonly url: string;
  readonly exchanges: Exchange[];
  close(): Promise<void>;
}

const ownHeaders = new Set(["host", "connection", "content-length", "transfer-encoding", "accept-encoding"]);

export async function startFront(behind: string): Promise<Front> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", behind);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      ownHeaders.has(name) || value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const answer = await fetch(url, {
      method: request.method ?? "GET",
      headers,
      ...(sent.length > 0 ? { body: sent } : {}),
    });
    const text = await answer.text();
    exchanges.push({
      method: request.method ?? "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: sent.length > 0 ? JSON.parse(sent.toString()) : undefined,
      status: answer.status,
      answer: text === "" ? undefined : JSON.parse(text),
    });
    const passed = [...answer.headers].filter(([name]) => !ownHeaders.has(name) && name !== "content-encoding");
    response.writeHead(answer.status, Object.fromEntries(passed)).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}
