// Writes label files as people have them into a temporary folder, gives each to the built command line, and writes the
// answers to docs/label-answers.md: `npm run build && node scripts/labelAnswers.mjs`.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { npy } from "./npy.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "baserate-labels-"));
const ids = BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n, 2n ** 53n);
const lists = (depth) => "[".repeat(depth) + "]".repeat(depth);
const aliases = ["a", "b", "c", "d", "e"].map((name, i, all) => {
  const entry = i === 0 ? "x" : `*${all[i - 1]}`;
  return `${name}: &${name} [${Array(12).fill(entry).join(",")}]`;
});

/** Files by name; what stands behind the path is only there for images. */
const files = {
  "grouped.csv": "kind,n\ncat,400000\ndog,300000\nowl,200000\nbat,60000\nfox,40000\n",
  "ids.npy": npy(new Uint8Array(ids.buffer), "<i8", [3]),
  "latin.csv": Buffer.from("kind\ncafé\ncafè\ncafé\n", "latin1"),
  "missing.csv": 'y\n1\n""\n0\nNA\n1\n',
  "psql.txt": " species | n\n---------+---\n cat     | 3\n dog     | 2\n(2 rows)\n",
  "tabs.csv": "a\tb\n1\tcat\n2\tdog\n",
  "bars.csv": "a|b\n1|cat\n2|dog\n",
  ...Object.fromEntries(
    [
      "split/train/cat",
      "split/train/dog",
      "split/test/cat",
      "photos/cat",
      "photos/dog",
      "photos/__MACOSX",
    ].map((path) => [`${path}/a.png`, ""]),
  ),
  "truth.csv": "y\nTrue\nTRUE\ntrue\nFalse\n",
  "blank.csv": "y\n cat\ncat\ndog\n",
  "escapes.csv": "kind\n\x1b[2Jcat\ndog\n",
  "deep.json": lists(100_000),
  "wide.csv": `${Array.from({ length: 50_000 }, (_, i) => `c${i}`).join(",")}\n${"0,".repeat(49_999)}0\n`,
  "aliases.yaml": `${aliases.join("\n")}\nlayers: *e\n`,
  "deep.yaml": `layers: ${lists(20_000)}\n`,
  "commas.csv": "x;y\n1,5;2,5\n2,5;3,5\n",
  "counts.json": '{"cat": 900, "dog": 100}',
  "old-mac.csv": "y\rcat\rdog\rcat\r",
  "comment.csv": "# exported in 2024\ny\ncat\ndog\n",
  "signs.csv": "y\n-1\n1\n1\n",
  "kinds.csv.gz": gzipSync("kind\ncat\ndog\ncat\n"),
  "kinds.csv": "kind\ncat\ndog\ncat\n",
  "y.npy": npy(Uint8Array.of(0, 1, 1), "|u1", [3]),
};

/** What was asked for, and the arguments; `<` reads the last file from standard input. */
const cases = [
  [
    "Five rows that stand for 10^6 labels",
    "solve grouped.csv --column kind --count-column n --loss keras.losses.SparseCategoricalCrossentropy",
  ],
  [
    "The same rows as weights of five labels",
    "solve grouped.csv --column kind --weight-column n --loss keras.losses.SparseCategoricalCrossentropy",
  ],
  ["Integers above 2^53 as names", "solve ids.npy --as names"],
  ["Text that is not UTF-8", "solve latin.csv"],
  ["The same with its encoding", "solve latin.csv --encoding windows-1252"],
  ["Missing labels", "solve missing.csv"],
  ["Missing labels that are left out", "solve missing.csv --missing skip"],
  ["psql's aligned table", "solve psql.txt --column species"],
  ["Tabs in a .csv", "solve tabs.csv --column b"],
  ["Vertical bars in a .csv", "solve bars.csv --column b"],
  ["A folder of train/ and test/", "solve split"],
  ["A folder with __MACOSX", "solve photos"],
  ["True, TRUE and true", "solve truth.csv"],
  ["A blank before a name", "solve blank.csv"],
  ["Terminal escapes in a name", "solve escapes.csv"],
  ["JSON nested 100,000 deep", "solve deep.json"],
  ["50,000 columns", "solve wide.csv --column c7"],
  ["YAML whose aliases multiply", "compare aliases.yaml"],
  ["YAML nested 20,000 deep", "compare deep.yaml"],
  ["Decimal commas", "solve commas.csv --column y --loss squared-error"],
  ["A JSON object of counts", "solve counts.json"],
  ["The same as counts", "solve --counts counts.json"],
  ["Line ends of old Macs", "solve old-mac.csv"],
  ["A comment before the header", "solve comment.csv"],
  ["Labels -1 and 1", "solve signs.csv --loss hinge"],
  ["gzip on standard input", "solve - < kinds.csv.gz"],
  [".npy on standard input", "solve - < y.npy"],
  ["A misspelt column", "solve kinds.csv --column knd"],
];

try {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const rows = cases.map(([what, command]) => {
    const { code, text, seconds } = answer(command);
    console.log(`${seconds.toFixed(1)} s  ${command}`);
    return `| ${what} | \`${command.replaceAll("|", "\\|")}\` | ${code} | ${text} |`;
  });
  writeFileSync(join(root, "docs", "label-answers.md"), page(rows));
} finally {
  rmSync(folder, { recursive: true });
}

function answer(command) {
  const [args, input] = command.split(" < ");
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "dist", "cli.js"), ...args.split(" "), ...(args.startsWith("solve") ? ["--json"] : [])],
    { cwd: folder, input: input ? files[input] : "", encoding: "utf8" },
  );
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0 && status !== 2) throw new Error(`${command}: exit ${status}\n${stderr}`);
  if (status === 2) return { code: 2, text: cell(stderr.replace(/^baserate: /, "")), seconds };
  const { labels, expectedLoss, warnings = [] } = JSON.parse(stdout);
  const { source, names = [] } = labels;
  const parts = [
    source,
    names.length > 0 ? `classes ${JSON.stringify(names)}` : "",
    `expected loss ${expectedLoss.toFixed(4)}`,
  ];
  return { code: 0, text: cell([...parts.filter(Boolean), ...warnings].join("; ")), seconds };
}

function cell(text) {
  return text.trim().replaceAll("|", "\\|").replaceAll("\n", " ");
}

function page(rows) {
  return `# What label files give

\`node scripts/labelAnswers.mjs\` writes label files as people have them, gives each to the command line, and writes this
table. Exit code 0 means that the labels were read, and 2 that they were refused with the text that is shown.

| file | command | exit | answer |
|---|---|---:|---|
${rows.join("\n")}
`;
}
