import { fileURLToPath } from "node:url";
import { fastifyEnvironment, secretPathFor, UnknownNameError } from "console-vault/resolver";
import { type FastifyRequest, fastify } from "fastify";

/** The environment that each session has selected. A real service keeps this where it keeps its sessions. */
const selected = new Map([
  ["1", "staging"],
  ["2", "prod"],
]);
const sessionOf = (request: FastifyRequest) => /\bsession=(\w+)/.exec(request.headers.cookie ?? "")?.[1];

export function build() {
  const app = fastify();
  fastifyEnvironment(app, (request: FastifyRequest) => selected.get(sessionOf(request) ?? ""));
  app.get<{ Querystring: { name: string } }>("/path", (request, reply) => {
    try {
      return { path: secretPathFor(request.query.name) };
    } catch (error) {
      if (error instanceof UnknownNameError) return reply.code(404).send({ error: error.message });
      throw error;
    }
  });
  return app;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build().listen({ port: 3000 });
