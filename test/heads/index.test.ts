import { expect, test } from "vitest";
import { resolveAll } from "../../src/heads/bind.ts";
import { findHead, heads } from "../../src/heads/index.ts";
import { sharedNames, shortNames } from "../../src/heads/shortNames.ts";

test("head names are unique, and so are the frameworks' within each framework", () => {
  const names = heads.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const theirs = heads.flatMap((head) => head.names.map(({ framework, name }) => `${framework} ${name}`));
  expect(theirs.filter((name, i) => theirs.indexOf(name) !== i)).toEqual([]);
});

test.each(heads.flatMap((head) => head.names.map((one) => [one.name, head, one] as const)))(
  "findHead('%s') is the head that lists it, and its options are allowed",
  (name, head, one) => {
    const boosters = ["xgboost", "lightgbm", "catboost"];
    const found = findHead(boosters.includes(one.framework) ? `${one.framework} ${name}` : name);
    expect(found.head.name).toBe(head.name);
    expect(found.framework).toBe(one);
    expect(() => resolveAll(head, found.options)).not.toThrow();
  },
);

test("findHead ignores case and tf., and takes the last part alone where it is clear", () => {
  expect(findHead("TORCH.nn.bcewithlogitsloss").head.name).toBe("sigmoid");
  expect(findHead("tf.keras.losses.Huber").framework?.name).toBe("keras.losses.Huber");
  expect(findHead("BCEWithLogitsLoss").head.name).toBe("sigmoid");
  expect(findHead("reg:tweedie").head.name).toBe("tweedie");
  expect(findHead("Binary Focal").head.name).toBe("binary-focal");
  expect(findHead("optax.losses.poly_loss_cross_entropy").head.name).toBe("poly-1");
});

test("findHead names the nearest head on a misspelt name", () => {
  expect(() => findHead("sofmax")).toThrow("unknown loss: sofmax; did you mean softmax?");
  expect(() => findHead("torch.nn.HuberLos")).toThrow("did you mean torch.nn.HuberLoss?");
});

test.each([
  ["mse", "squared-error"],
  ["mae", "absolute-error"],
  ["CE", "softmax"],
  ["cross_entropy", "softmax"],
  ["bce", "sigmoid"],
  ["bce_with_logits", "sigmoid"],
  ["binary_crossentropy", "sigmoid"],
  ["kld", "kl-divergence"],
  ["kl_div", "kl-divergence"],
  ["poisson_nll", "poisson"],
  ["quantile loss", "quantile"],
  ["F.cross_entropy", "softmax"],
  ["torch.nn.functional.binary_cross_entropy_with_logits", "sigmoid"],
  ["lightgbm cross_entropy", "sigmoid"],
])("findHead('%s') is %s", (name, head) => {
  expect(findHead(name).head.name).toBe(head);
});

test("every short name leads to a head, none hides a head's own name", () => {
  const own = new Set(heads.map(({ name }) => name.replaceAll("-", "")));
  for (const name of [...Object.keys(shortNames), ...Object.keys(sharedNames)]) {
    expect(own.has(name), name).toBe(false);
  }
  for (const name of Object.keys(shortNames)) expect(heads).toContain(findHead(name).head);
});

test.each(Object.entries(sharedNames))("findHead('%s') says which losses to choose from", (name, choices) => {
  expect(() => findHead(name)).toThrow(`ambiguous loss: ${name}; use one of ${choices.join(", ")}`);
});
