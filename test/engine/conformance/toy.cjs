"use strict";
// The toy provider of the conformance suite: things with a name, kept in a world. The same code serves the CLI, in the SDK's
// host for dynamic providers with the world in a file, and the embedded engine's core in the test's own process.
const { readFileSync, renameSync, writeFileSync } = require("node:fs");

/** @typedef {{ counters: Record<string, number>, things: Record<string, object>, calls: string[], rules: Record<string, string>, process?: number }} World */

/** @returns {World} */
exports.newWorld = () => ({ counters: {}, things: {}, calls: [], rules: {} });

const outputs = (inputs) => ({ ...inputs, result: `${inputs.value}!`, secretResult: `hidden ${inputs.value}` });

/** @param {{ load(): World, save(world: World): void, beforeFailing?(): Promise<void> }} store */
exports.toy = (store) => {
  const act = async (call, change) => {
    const world = store.load();
    world.calls.push(call);
    world.process = process.pid;
    const rule = world.rules[call];
    let made;
    try {
      made = change(world, rule);
    } catch (error) {
      await store.beforeFailing?.();
      throw error;
    }
    store.save(world);
    // The thing is there, and nobody has been told yet.
    if (rule === "hang") await new Promise(() => setInterval(() => {}, 1000));
    if (rule === "slow") await new Promise((resolve) => setTimeout(resolve, 250));
    return made;
  };
  const fail = (rule) => {
    if (rule?.startsWith("fail: ")) throw new Error(rule.slice("fail: ".length));
  };
  const partly = (rule, id, properties) => {
    if (!rule?.startsWith("partly: ")) return;
    const reasons = [rule.slice("partly: ".length)];
    throw Object.assign(new Error(reasons[0]), { id, properties, reasons });
  };
  return {
    check: async (_olds, news) => {
      const rule = store.load().rules[`check ${news.name}`];
      return { inputs: news, failures: rule === undefined ? [] : [{ property: "value", reason: rule }] };
    },
    diff: async (_id, olds, news) => {
      const changed = (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]);
      const keys = ["value", "kind", "extra", "list", "object"].filter(changed);
      const replaces = keys.filter((key) => key === "kind");
      return { changes: keys.length > 0, replaces, deleteBeforeReplace: news.dbr === true };
    },
    create: async (inputs) =>
      act(`create ${inputs.name}`, (world, rule) => {
        fail(rule);
        world.counters[inputs.name] = (world.counters[inputs.name] ?? 0) + 1;
        const id = `${inputs.name}-${world.counters[inputs.name]}`;
        world.things[id] = inputs;
        store.save(world);
        partly(rule, id, outputs(inputs));
        return { id, outs: outputs(inputs) };
      }),
    update: async (id, _olds, news) =>
      act(`update ${news.name}`, (world, rule) => {
        fail(rule);
        world.things[id] = news;
        store.save(world);
        partly(rule, id, outputs(news));
        return { outs: outputs(news) };
      }),
    read: async (id, props) =>
      act(`read ${props.name}`, (world, rule) => {
        fail(rule);
        const thing = world.things[id];
        return thing === undefined ? {} : { id, props: outputs(thing), inputs: thing };
      }),
    delete: async (id, props) =>
      act(`delete ${props.name}`, (world, rule) => {
        fail(rule);
        delete world.things[id];
      }),
  };
};

/**
 * For the host: the world is the file that TOY_WORLD names.
 * @param patienceMs how long a program may take, from its first call of the provider, to register all that it can
 */
exports.provider = (env = process.env, patienceMs = 1000) =>
  exports.toy({
    load: () => JSON.parse(readFileSync(env.TOY_WORLD, "utf8")),
    // Whole or not at all: tests kill this process.
    save: (world) => {
      writeFileSync(`${env.TOY_WORLD}.new`, JSON.stringify(world));
      renameSync(`${env.TOY_WORLD}.new`, env.TOY_WORLD);
    },
    // By then the program has registered all that it can, on a slow machine too: what it has is in the events and the state.
    beforeFailing: () => new Promise((resolve) => setTimeout(resolve, patienceMs)),
  });
