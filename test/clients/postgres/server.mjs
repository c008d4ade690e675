// PostgreSQL compiled to WebAssembly, served on a loopback port of the system's choice, which it prints. In memory; it ends
// with its standard input, so that it never outlives the test that started it.
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const db = await PGlite.create();
const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port: 0, maxConnections: 32 });
await server.start();
process.stdout.write(`${server.getServerConn()}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
