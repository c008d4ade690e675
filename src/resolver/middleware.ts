import { withEnvironment } from "./context.js";

/** Says which environment a request selected; `undefined` leaves it to the fallback. */
export type SelectEnvironment<Request> = (request: Request) => string | undefined;

/**
 * Express (and Connect) middleware: what the request's handlers call resolves for the environment that `select` returns.
 * There is no default: which environment an operator selected is the session's to say, not any caller's header.
 *
 * @example
 * app.use(expressEnvironment((request) => request.session.selectedEnv));
 */
export function expressEnvironment<Request>(select: SelectEnvironment<Request>) {
  return (request: Request, _response: unknown, next: (error?: unknown) => void): void => {
    let selected: string | undefined;
    try {
      selected = select(request);
    } catch (error) {
      next(error);
      return;
    }
    withEnvironment(selected, () => next());
  };
}

interface FastifyLike<Request> {
  addHook(name: "onRequest", hook: (request: Request, reply: unknown, done: (error?: Error) => void) => void): unknown;
}

/**
 * Fastify: adds the hook to an instance. Call it on the instance whose routes should see it.
 *
 * @example
 * fastifyEnvironment(app, (request) => request.session.selectedEnv);
 */
export function fastifyEnvironment<Request>(app: FastifyLike<Request>, select: SelectEnvironment<Request>): void {
  app.addHook("onRequest", (request, _reply, done) => {
    let selected: string | undefined;
    try {
      selected = select(request);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    withEnvironment(selected, () => done());
  });
}
