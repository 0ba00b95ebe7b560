/** Frameworks that snippets are written for. */
export const frameworks = ["keras", "pytorch", "jax", "flax", "tfjs", "numpy"] as const;
export type SnippetFramework = (typeof frameworks)[number];
