// Ten reports of `baserate check` for docs/check-verdicts.md, on set-ups that scripts/checkFamilies.py look left behind.
//   npm run build && node scripts/checkVerdicts.mjs
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npy } from "./npy.mjs";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/check-verdicts.md");
/** Family, network, task, and the bug or the sound set-up. */
const chosen = [
  ["mixer", "mixer_s32_224", "CIFAR-10, long tail", "prior"],
  ["efficientnet", "efficientnet_b0", "CIFAR-10, long tail", "prior"],
  ["resnet", "resnet18", "CIFAR-10, long tail", "prior"],
  ["resnet", "resnet18", "CIFAR-10, long tail", "bias not set"],
  ["resnet", "resnet18", "CIFAR-10, long tail", "another data set's prior"],
  ["resnet", "resnet18", "CIFAR-10, long tail", "double softmax, seen as predictions"],
  ["vit", "vit_tiny_patch16_224", "CIFAR-10, long tail", "label smoothing that was not told"],
  ["convnext", "convnext_atto", "CIFAR-10, one class of ten", "sigmoid before BCE with logits"],
  ["llama", "Llama", "next word", "padding counted in the loss"],
  ["regnet", "regnetx_002", "CIFAR-10", "not divided by 8 micro-steps, untold"],
];

const folder = mkdtempSync(join(tmpdir(), "baserate-verdicts-"));
const sections = chosen.map(([family, network, task, setup]) => {
  const stem = join(root, "bench/results/families/look", family);
  const all = JSON.parse(readFileSync(`${stem}.json`, "utf8"));
  const one = all.find((o) => o.network === network && o.task === task && (o.bug ?? o.setup) === setup);
  const bytes = readFileSync(`${stem}.f`);
  const middle = one.start + 4 * one.outputs;
  const write = (name, content) => writeFileSync(join(folder, name), content);
  write("outputs.npy", npy(bytes.subarray(one.start, middle), "<f4", [one.rows, one.outputs / one.rows]));
  write("labels.npy", npy(bytes.subarray(middle, middle + 8 * one.labels), "<f8", [one.labels]));
  if (one.counts) write("counts.json", JSON.stringify(one.counts));
  const flags = [
    ...["--outputs", "outputs.npy", "--labels", "labels.npy", "--loss", one.head, "--given", one.given],
    ...(one.counts ? ["--counts", "counts.json"] : []),
    ...(one.reportedLoss === undefined ? [] : ["--reported-loss", one.reportedLoss]),
    ...(one.ignoreIndex === undefined ? [] : ["--ignore-index", one.ignoreIndex]),
  ];
  const command = [join(root, "dist/cli.js"), "check", ...flags.map(String)];
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
  if (status > 1) throw new Error(stderr);
  // without the table of predictions
  const blocks = stdout.trimEnd().split("\n\n");
  const report = blocks.filter((block) => !/\bprediction\b.*\n-+/.test(block)).join("\n\n");
  const title = `${network}: ${task}${one.bug ? `, ${one.bug}` : ""}`;
  return `## ${title}\n\n\`\`\`\n$ baserate check ${flags.join(" ")}\n${report}\n\`\`\`\n`;
});
rmSync(folder, { recursive: true });
writeFileSync(
  page,
  `# Ten verdicts of baserate check

Untrained networks as their libraries build them (scripts/checkFamilies.py), some with a bug put in: what \`baserate check\`
prints, without the table of predictions. The flags of each are those a user would give. Made by \`scripts/checkVerdicts.mjs\`.

${sections.join("\n")}`,
);
