import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

interface Pin {
  readonly version: string;
  readonly url: string;
  readonly sha256: string | null;
  readonly published: string;
}

export interface Tools {
  readonly pins: Readonly<Record<"pulumi" | "bridge" | "heroku", Pin>>;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Archives like those that the action installs, on loopback: each holds a script that prints what it stands for. */
export async function startTools(dir: string): Promise<Tools> {
  const script = (name: string, path: string) => {
    const file = join(dir, name, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho ${name}\n`);
    chmodSync(file, 0o755);
  };
  script("pulumi", "pulumi/pulumi");
  script("bridge", "pulumi-resource-terraform-provider");
  script("heroku", "terraform-provider-heroku_v5.3.2");
  execFileSync("tar", ["czf", join(dir, "pulumi.tar.gz"), "-C", join(dir, "pulumi"), "pulumi"]);
  execFileSync("tar", ["czf", join(dir, "bridge.tar.gz"), "-C", join(dir, "bridge"), "."]);
  execFileSync("zip", ["-q", join(dir, "heroku.zip"), "terraform-provider-heroku_v5.3.2"], {
    cwd: join(dir, "heroku"),
  });

  const requests: string[] = [];
  const server = createServer(({ url = "/" }, response) => {
    requests.push(url);
    response.end(readFileSync(join(dir, url)));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  const pin = (version: string, file: string): Pin => ({
    version,
    url: `http://127.0.0.1:${port}/${file}`,
    sha256: createHash("sha256")
      .update(readFileSync(join(dir, file)))
      .digest("hex"),
    published: "published",
  });
  return {
    pins: {
      pulumi: pin("3.265.0", "pulumi.tar.gz"),
      bridge: pin("1.1.3", "bridge.tar.gz"),
      heroku: pin("5.3.2", "heroku.zip"),
    },
    requests,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}
