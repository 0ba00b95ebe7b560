import { loadOptional } from "../optionalPackage.ts";

/** Loads the optional packages of the queue. */
export const loadQueue = () =>
  loadOptional("a queue", ["bullmq", "ioredis"], async () => {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  });
