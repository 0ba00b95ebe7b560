import type { Head, ResolvedOptions } from "../heads/head.ts";
import type { Graph } from "./graph.ts";
import { graphAlgebra } from "./graphAlgebra.ts";
import type { Value } from "./op.ts";

/** A loss as graph nodes. Outputs are raw, (N, K), before the link. */
export interface GraphLoss {
  /** Numbers per label: labels are (N) where it is 1, else (N, labelSize). */
  readonly labelSize: number;
  /** The labels in the element type that the loss reads: class indices as int64, others as they are fed. */
  readLabels(graph: Graph, labels: Value): Value;
  /** The loss of each row, (N). */
  rowLosses(graph: Graph, output: Value, labels: Value): Value;
  /** 1 for each row that is predicted right and 0 for others, (N); undefined for labels other than classes and yes/no. */
  hits(graph: Graph, output: Value, labels: Value): Value | undefined;
}

export interface HeadLossOptions {
  readonly head: Head;
  /** Resolved options of each column's cell (see `bind`). */
  readonly cellOptions: readonly ResolvedOptions[];
  /** Whether the losses of several columns are averaged or added. */
  readonly columns: "mean" | "sum";
  readonly labelSize: number;
}

/**
 * The loss of a head as graph nodes, from the same definition that the solver reads. The outputs of a row are those of its
 * columns, one after another.
 */
export function headLoss({ head, cellOptions, columns, labelSize }: HeadLossOptions): GraphLoss {
  const isIndex = head.reads === "classes" && labelSize === 1;
  const count = cellOptions.length;
  return {
    labelSize,
    readLabels: (graph, labels) => (isIndex ? graph.cast(labels, "int64") : labels),
    rowLosses(graph, output, labels) {
      const [rows, width] = output.shape;
      const batch = count === 1 ? [rows] : [rows, count];
      const m = graphAlgebra(graph, batch, output.dtype as "float32" | "float64");
      const cells = graph.reshape(output, [...batch, width / count]);
      const options = optionsOfAll(head, cellOptions, (values) =>
        graph.reshape(m.constants(values), [1, count]),
      );
      const losses = head.lossIn!(m, cells, labels, options as ResolvedOptions);
      if (count === 1) return losses;
      return graph.op(columns === "sum" ? "ReduceSum" : "ReduceMean", [losses], {
        axes: [1],
        keepDims: false,
      });
    },
    hits(graph, output, labels) {
      if (isIndex && head.family === "classification") {
        return graph.cast(
          graph.op("Equal", [graph.op("ArgMax", [output], { axis: 1 }), labels]),
          output.dtype,
        );
      }
      return head.reads === "binary" ? rightAnswers(graph, output, labels) : undefined;
    },
  };
}

/** 1 for each row whose outputs all have the right sign: above 0 where the label is above one half. */
function rightAnswers(graph: Graph, output: Value, labels: Value): Value {
  const [half, zero] = [0.5, 0].map((number) => graph.scalar(number, output.dtype));
  const y = graph.reshape(graph.cast(labels, output.dtype), output.shape);
  const isRight = graph.op("Equal", [
    graph.cast(graph.op("Greater", [output, zero]), output.dtype),
    graph.cast(graph.op("Greater", [y, half]), output.dtype),
  ]);
  const wrong = graph.sub(1, graph.cast(isRight, output.dtype));
  return graph.sub(1, graph.op("ReduceMax", [wrong], { axes: [1], keepDims: false }));
}

/** The options of all columns together: a number per column becomes a vector over them where the columns differ. */
function optionsOfAll(
  head: Head,
  cellOptions: readonly ResolvedOptions[],
  perColumn: (values: readonly number[]) => Value,
): Record<string, ResolvedOptions[string] | Value> {
  const entries = Object.entries(cellOptions[0]).map(([name, value]) => {
    const spec = head.options[name];
    const values = cellOptions.map((options) => options[name]);
    const differ = values.some((other) => other !== value);
    const isPerColumn = spec.type === "list" && spec.per === "column" && differ;
    return [name, isPerColumn ? perColumn(values as number[]) : value] as const;
  });
  return Object.fromEntries(entries);
}
