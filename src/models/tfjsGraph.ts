import { z } from "zod";
import { InputError } from "../errors.ts";

/** An output of a TensorFlow graph, traced back to the constant that is added last. */
export interface GraphOutput {
  readonly name: string;
  readonly layer: string;
  readonly activation: string;
  readonly convolution: boolean;
  /** Name of the constant node, which is the weight's name. */
  readonly bias?: string;
  readonly reason?: string;
}

const graphSchema = z.looseObject({
  node: z.array(
    z.looseObject({
      name: z.string(),
      op: z.string(),
      input: z.array(z.string()).optional(),
      attr: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const fusedSchema = z.looseObject({ list: z.looseObject({ s: z.array(z.string()) }) });
const signatureSchema = z.looseObject({
  outputs: z.record(z.string(), z.looseObject({ name: z.string().optional() })),
});

type TfjsNode = z.infer<typeof graphSchema>["node"][number];

/** Ops that keep a constant unchanged. */
const transparent = new Set([
  "Identity",
  "Reshape",
  "Squeeze",
  "ExpandDims",
  "Mean",
  "MaxPool",
  "AvgPool",
  "StopGradient",
  "Cast",
]);
const activations = new Set([
  "Softmax",
  "LogSoftmax",
  "Sigmoid",
  "Tanh",
  "Relu",
  "Relu6",
  "Elu",
  "Softplus",
  "Exp",
  "LeakyRelu",
]);
const constants = new Set(["Const", "VariableV2", "VarHandleOp", "ReadVariableOp"]);
const products = /^(Batch)?MatMul(V2)?$|Conv(2D|3D)/;
const convolution = /Conv(2D|2d|3D)/;

/** @throws InputError if the topology is not a graph. `file` is its name in messages. */
export function graphOutputs(topology: unknown, signature: unknown, file: string): GraphOutput[] {
  const parsed = graphSchema.safeParse(topology);
  if (!parsed.success) throw new InputError(`${file}: broken: the graph's nodes have no name and op`);
  const nodes = new Map(parsed.data.node.map((node) => [node.name, node]));
  return outputNames(nodes, signature).map(({ name, node }) => {
    const start = nodes.get(node);
    if (!start)
      throw new InputError(`${file}: broken: output ${name} comes from ${node}, which is not in the graph`);
    return { name, ...walk(start, nodes, file) };
  });
}

/** The signature's outputs; without a signature, all nodes that no other node reads. */
function outputNames(nodes: ReadonlyMap<string, TfjsNode>, given: unknown): { name: string; node: string }[] {
  const wrapped = z.looseObject({ signature: z.unknown() }).safeParse(given);
  const signature = signatureSchema.safeParse(wrapped.success ? wrapped.data.signature : given);
  if (signature.success) {
    return Object.entries(signature.data.outputs).map(([name, output]) => ({
      name,
      node: nodeName(output.name ?? name),
    }));
  }
  const read = new Set([...nodes.values()].flatMap((node) => (node.input ?? []).map(nodeName)));
  return [...nodes.keys()].filter((name) => !read.has(name)).map((name) => ({ name, node: name }));
}

/** An input is written `name`, `name:1` for a second output, or `^name` for a control dependency. */
const nodeName = (input: string) => input.replace(/^\^/, "").replace(/:\d+$/, "");

function walk(
  start: TfjsNode,
  nodes: ReadonlyMap<string, TfjsNode>,
  file: string,
): Omit<GraphOutput, "name"> {
  const applied: string[] = [];
  const seen = new Set<string>();
  for (let node = start; ; ) {
    if (seen.has(node.name)) throw new InputError(`${file}: broken: the graph has a cycle at ${node.name}`);
    seen.add(node.name);
    const inputs = (node.input ?? [])
      .filter((name) => !name.startsWith("^"))
      .map((name) => nodes.get(nodeName(name)));
    if (activations.has(node.op)) applied.push(node.op.toLowerCase());
    else if (!transparent.has(node.op)) return { ...conclude(node, inputs, applied), layer: layerName(node) };
    const [before] = inputs;
    if (!before)
      return {
        layer: layerName(node),
        activation: "linear",
        convolution: false,
        reason: "no layer with weights comes before it",
      };
    node = before;
  }
}

/** `mlp/label/BiasAdd` is the op of layer mlp/label. */
const layerName = ({ name }: TfjsNode) => name.replace(/\/[^/]*$/, "");

function conclude(node: TfjsNode, inputs: readonly (TfjsNode | undefined)[], applied: readonly string[]) {
  const fused = fusedOps(node);
  const chain = [...applied].reverse();
  let bias: TfjsNode | undefined;
  if (fused.includes("BiasAdd")) {
    bias = inputs[2];
    chain.unshift(...fused.filter((op) => op !== "BiasAdd").map((op) => op.toLowerCase()));
  } else if (node.op === "BiasAdd") bias = inputs[1];
  else if (node.op === "Add" || node.op === "AddV2") bias = inputs.find((input) => constantOf(input));
  const constant = constantOf(bias);
  const result = {
    activation: chain.join(", then ") || "linear",
    convolution: convolution.test(node.op) || inputs.some((input) => convolution.test(input?.op ?? "")),
  };
  if (!constant) return { ...result, reason: noBias(node) };
  if (chain.length > 1) {
    return {
      ...result,
      reason: `${node.name} is followed by ${chain.join(", then ")}: the first of them would change a bias that was solved for the last; name the tensor with --tensor`,
    };
  }
  return { ...result, bias: constant.name };
}

/** The constant behind a node that only passes it on. */
function constantOf(node: TfjsNode | undefined): TfjsNode | undefined {
  return node && constants.has(node.op) ? node : undefined;
}

/** Ops that the converter has fused into one: `fused_ops` is a list of names in base64. */
function fusedOps(node: TfjsNode): string[] {
  const parsed = fusedSchema.safeParse(node.attr?.fused_ops);
  return parsed.success ? parsed.data.list.s.map((name) => atob(name)) : [];
}

function noBias({ name, op }: TfjsNode): string {
  if (/BatchNorm/.test(op))
    return `${op} ${name} comes after the last layer with a bias and cancels that bias; set its offset with --tensor`;
  if (products.test(op)) return `${op} ${name} has no bias; build the layer with one and convert again`;
  return `${op} ${name} does not add a bias that shifts the output by a constant; if another tensor does, name it with --tensor`;
}
