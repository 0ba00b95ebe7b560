import { signal } from "@preact/signals";
import { cifar10Classes, originalCounts } from "../data/originalSubset.ts";
import { addressed, json, numbers } from "./address.ts";

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

/** Training rows of each class, for the first section. */
export const counts = addressed<readonly number[]>("counts", originalCounts, numbers);

/** The classes' names; none where there are not as many as counts. */
export const names = addressed<readonly string[]>("names", cifar10Classes, json(isTexts));

/** Name of class k in the first section. */
export const className = (k: number) =>
  names.value.length === counts.value.length ? names.value[k] : `class ${k}`;

/** The bias of the labels that the reader has given, for the model below. */
export const solvedBias = signal<{ readonly bias: readonly number[]; readonly loss: string } | undefined>(
  undefined,
);
