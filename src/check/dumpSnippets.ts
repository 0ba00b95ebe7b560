import { unknownName } from "../errors.ts";

const snippets = {
  keras: `import keras, numpy as np
np.save("outputs.npy", keras.ops.convert_to_numpy(model(x[:1024], training=True)))
np.save("labels.npy", y[:1024])  # if the model ends in softmax or sigmoid: --given predictions`,
  pytorch: `import numpy as np, torch  # x, y: as in training
with torch.no_grad(): z = model(x[:1024]); z = getattr(z, "logits", z).float().cpu().numpy()
np.save("outputs.npy", z); np.save("labels.npy", y[:1024].cpu().numpy())`,
  jax: `import numpy as np
np.save("outputs.npy", np.asarray(model.apply(params, x[:1024])))  # x: inputs as in training
np.save("labels.npy", np.asarray(y[:1024]))`,
  tfjs: `const outputs = model.apply(x.slice(0, 1024), { training: true }); // x: inputs as in training
fs.writeFileSync("outputs.json", JSON.stringify(outputs.arraySync()));
fs.writeFileSync("labels.json", JSON.stringify(y.slice(0, 1024).arraySync()));`,
};

export const dumpFrameworks = Object.keys(snippets);

/**
 * Lines that save an untrained network's outputs and labels for `baserate check`.
 *
 * @throws InputError on an unknown framework
 */
export function dumpSnippet(framework: string): string {
  if (!Object.hasOwn(snippets, framework)) throw unknownName("framework", framework, dumpFrameworks);
  return snippets[framework as keyof typeof snippets];
}
