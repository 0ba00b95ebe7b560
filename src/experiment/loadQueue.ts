import { InputError } from "../errors.ts";

/** Loads the optional packages of the queue. */
export async function loadQueue() {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new InputError("a queue needs two optional packages: npm install bullmq@6.7.0 ioredis@6.0.0", {
      cause: error,
    });
  }
}
