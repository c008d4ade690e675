import { connect } from "node:net";
import { type Address, type Answer, channelVariable } from "./channel.js";

/**
 * To be awaited first thing by the program of an update (not of a preview): the update's lock is held, so the command that
 * started it may do its work now. Returns once it has; at once where no command has any.
 *
 * It throws for anything else, so that the program ends before it declares: of a program that declares nothing an engine would
 * conclude that everything is to be deleted.
 *
 * @returns whether there was work
 * @throws Error where the work failed, or the command is gone
 * @example
 * ```ts
 * import { awaitWork } from "console-vault";
 * import * as pulumi from "@pulumi/pulumi";
 * export default async () => {
 *   if (!pulumi.runtime.isDryRun()) await awaitWork();
 *   // … look, declare
 * };
 * ```
 */
export async function awaitWork(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const text = env[channelVariable];
  if (text === undefined || text === "") return false;
  const answer = await ask(JSON.parse(text) as Address);
  if (answer !== "done") throw new Error(messages[answer]);
  return true;
}

type End = Answer | "gone" | "ended";

const messages: Record<Exclude<End, "done">, string> = {
  failed: "The command that started this update did not do its part, and says why. This update changes nothing.",
  "asked twice":
    "The command that started this update has done its part for another run of this program. This update changes nothing.",
  gone: "The command that started this update is gone. This update changes nothing; run the command again.",
  ended:
    "The command that started this update ended before it had done its part. This update changes nothing; run the command again.",
};

/** Says that the lock is held, and waits for the answer however long the work takes: the socket closes when its other end dies. */
function ask({ path, secret }: Address): Promise<End> {
  return new Promise((resolve) => {
    let connected = false;
    let said = "";
    const socket = connect(path, () => {
      connected = true;
      socket.write(`${secret}\n`);
    });
    socket.on("data", (chunk) => {
      said += chunk.toString("utf8");
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      const line = said.endsWith("\n") ? said.trimEnd() : "";
      if (isAnswer(line)) resolve(line);
      else resolve(connected ? "ended" : "gone");
    });
  });
}

const isAnswer = (line: string): line is Answer => ["done", "failed", "asked twice"].includes(line);
