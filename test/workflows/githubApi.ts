import fastify from "fastify";

export interface Pull {
  readonly number: number;
  readonly head: { readonly label: string; readonly sha: string };
}

export interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

/** As much of GitHub's REST API as the workflows need, on loopback. @param heads commits of the branches */
export async function startGithub(pulls: readonly Pull[], heads: Record<string, string> = {}) {
  const app = fastify();
  const comments = new Map<number, Comment[]>();
  const writes: string[] = [];
  /** `Authorization` of every request. */
  const tokens = new Set<string>();
  let lastId = 0;
  app.addHook("onRequest", async (request) => void tokens.add(String(request.headers.authorization)));
  app.get<{ Querystring: { head?: string; state?: string } }>("/repos/:owner/:repo/pulls", async ({ query }) =>
    query.state === "open" ? pulls.filter(({ head }) => head.label === query.head) : [],
  );
  app.get<{ Params: { branch: string } }>("/repos/:owner/:repo/branches/:branch", async ({ params }, reply) => {
    const sha = heads[params.branch];
    return sha ? { name: params.branch, commit: { sha } } : reply.code(404).send({ message: "Branch not found" });
  });
  type Issue = {
    Params: { number: string };
    Body: { body: string };
    Querystring: { page?: string; per_page?: string };
  };
  app.get<Issue>("/repos/:owner/:repo/issues/:number/comments", async ({ params, query, url }, reply) => {
    const all = comments.get(Number(params.number)) ?? [];
    const [page, size] = [Number(query.page ?? 1), Number(query.per_page ?? 30)];
    if (all.length > page * size) {
      const address = app.server.address() as { port: number };
      const path = url.replace(/[?].*$/, "");
      reply.header("link", `<http://127.0.0.1:${address.port}${path}?page=${page + 1}&per_page=${size}>; rel="next"`);
    }
    return all.slice((page - 1) * size, page * size);
  });
  app.post<Issue>("/repos/:owner/:repo/issues/:number/comments", async ({ params, body }, reply) => {
    writes.push(`create on ${params.number}`);
    if (body.body.length > 65_536)
      return reply.code(422).send({ message: "body is too long (maximum is 65536 characters)" });
    const comment = { id: ++lastId, user: { login: "github-actions[bot]" }, body: body.body };
    comments.set(Number(params.number), [...(comments.get(Number(params.number)) ?? []), comment]);
    return reply.code(201).send(comment);
  });
  app.patch<{ Params: { id: string }; Body: { body: string } }>(
    "/repos/:owner/:repo/issues/comments/:id",
    async ({ params, body }) => {
      writes.push(`update ${params.id}`);
      const comment = [...comments.values()].flat().find(({ id }) => id === Number(params.id))!;
      comment.body = body.body;
      return comment;
    },
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    tokens,
    comments: (pull: number) => comments.get(pull) ?? [],
    /** Somebody writes under a pull request. */
    say: (pull: number, login: string, body: string) => {
      comments.set(pull, [...(comments.get(pull) ?? []), { id: ++lastId, user: { login }, body }]);
    },
    close: () => app.close(),
  };
}
