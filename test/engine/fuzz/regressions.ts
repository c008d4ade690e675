import type { FuzzCase } from "./cases.js";

/** Cases that once failed, as the fuzzer printed them. */
export const regressions: { name: string; data: FuzzCase }[] = [
  {
    name: "what is kept out of the targets still depends on what now depends on it",
    data: {
      steps: [
        {
          op: "up",
          program: {
            resources: [
              { name: "c", inputs: { value: "1", kind: "k", dbr: false } },
              { name: "d", inputs: { value: "1", kind: "k", dbr: false }, options: { deletedWith: "c" } },
            ],
          },
          rules: {},
        },
        {
          op: "up",
          program: {
            resources: [
              { name: "d", inputs: { value: "1", kind: "k", dbr: false } },
              { name: "c", inputs: { value: { ref: "d.result" }, kind: "k", dbr: false } },
            ],
          },
          rules: {},
          targets: ["c"],
        },
        { op: "up", rules: {} },
      ],
      parallel: 1,
    },
  },
  {
    name: "targets delete what a resource outside of them still needs",
    data: {
      steps: [
        {
          op: "up",
          program: {
            resources: [
              { name: "d", inputs: { value: "1", kind: "k", dbr: false } },
              { name: "b", inputs: { value: { ref: "d.result" }, kind: "k", dbr: false } },
            ],
          },
          rules: {},
        },
        {
          op: "up",
          program: { resources: [{ name: "b", inputs: { value: "1", kind: "k", dbr: false } }] },
          rules: {},
          targets: ["d"],
        },
        { op: "up", rules: {} },
      ],
      parallel: 1,
    },
  },
  {
    name: "a targeted resource needs one that the program declares after it",
    data: {
      steps: [
        {
          op: "up",
          program: {
            resources: [
              { name: "e", inputs: { value: "1", kind: "k", dbr: false } },
              { name: "c", inputs: { value: "1", kind: "k", dbr: false }, options: { dependsOn: ["e"] } },
            ],
          },
          rules: {},
        },
        {
          op: "up",
          program: { resources: [{ name: "c", inputs: { value: { secret: "hush-hush" }, kind: "k", dbr: false } }] },
          rules: {},
          targets: ["d"],
        },
        { op: "up", rules: {} },
      ],
      parallel: 1,
    },
  },
  {
    name: "a circle through a resource that was renamed",
    data: {
      steps: [
        {
          op: "up",
          program: {
            resources: [
              { name: "g", kind: "group" },
              { name: "a", inputs: { value: { secret: "hush-hush" }, kind: "k", dbr: false } },
              { name: "d", inputs: { value: "1", kind: "k", dbr: false }, options: { parent: "g" } },
              {
                name: "b",
                inputs: { value: { secret: "hush-hush" }, kind: "k", dbr: false },
                options: { deletedWith: "a" },
              },
            ],
          },
          rules: {},
        },
        {
          op: "up",
          program: {
            resources: [
              { name: "b", inputs: { value: "1", kind: "k", dbr: false } },
              {
                name: "d",
                inputs: { value: "1", kind: "k", dbr: false },
                options: { dependsOn: ["b"], aliases: [{ name: "a" }] },
              },
              {
                name: "a",
                inputs: { value: "1", kind: "k", dbr: false },
                options: { deletedWith: "b", aliases: [{ name: "a" }] },
              },
            ],
            outputs: { b: { ref: "b.result" }, d: { ref: "d.result" }, a: { ref: "a.result" } },
          },
          rules: {},
          targets: ["d"],
        },
      ],
      parallel: 1,
    },
  },
];
