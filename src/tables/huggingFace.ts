import { InputError, unknownName } from "../errors.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import { orderClasses } from "../labels/orderClasses.ts";
import type { ClassSummary } from "../labels/summary.ts";
import { joinTables } from "./joinTables.ts";
import { parquetTable } from "./parquetTable.ts";
import type { ReadOptions, Table } from "./table.ts";

/** A split of a dataset of the Hugging Face Hub. */
export interface HubSplit {
  readonly dataset: string;
  readonly config: string;
  readonly split: string;
}

/** The dataset viewer's API: https://huggingface.co/docs/dataset-viewer. Another server for tests. */
const server = () => process.env.HF_DATASETS_SERVER ?? "https://datasets-server.huggingface.co";

/**
 * The split that an address names.
 *
 * @param address hf://datasets/OWNER/NAME
 * @throws InputError where there is no such dataset, configuration or split, or several and none is named
 */
export async function findSplit(
  address: string,
  wanted: { readonly config?: string; readonly split?: string },
): Promise<HubSplit> {
  const dataset = /^hf:\/\/datasets\/([\w.-]+(?:\/[\w.-]+)?)\/?$/.exec(address)?.[1];
  if (dataset === undefined) {
    throw new InputError(`invalid address of a dataset: ${address}; one is hf://datasets/OWNER/NAME`);
  }
  const { splits } = await ask<{ splits: HubSplit[] }>("splits", { dataset });
  const config = chosen("config", wanted.config, [...new Set(splits.map((one) => one.config))], "default");
  const ofConfig = splits.filter((one) => one.config === config).map(({ split }) => split);
  return { dataset, config, split: chosen("split", wanted.split, ofConfig, "train") };
}

function chosen(what: string, wanted: string | undefined, known: readonly string[], usual: string): string {
  if (wanted !== undefined) {
    if (known.includes(wanted)) return wanted;
    throw unknownName(what, wanted, known);
  }
  if (known.length === 1) return known[0];
  if (known.includes(usual)) return usual;
  throw new InputError(`the dataset has several ${what}s; choose one with --${what}: ${known.join(", ")}`);
}

/** What the API has counted of one column with class names or texts; undefined where it has not, or not of this column. */
export async function columnStatistics(
  { dataset, config, split }: HubSplit,
  column: string,
): Promise<{ summary: ClassSummary; missing: number; partial: boolean } | undefined> {
  const answer = await ask<Statistics>("statistics", { dataset, config, split }).catch((error) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const names = answer.statistics.map(({ column_name }) => column_name);
  if (!names.includes(column)) throw unknownName("column", column, names);
  const { column_type, column_statistics } = answer.statistics[names.indexOf(column)];
  if (column_type !== "class_label" && column_type !== "string_label") return undefined;
  const { frequencies, nan_count = 0, no_label_count = 0 } = column_statistics;
  // Classes of the dataset come in the order of their indices; texts in the order of our other readers.
  const found = Object.keys(frequencies);
  const classes = column_type === "string_label" ? orderClasses(found) : found;
  const summary = fromCounts(
    classes.map((name) => frequencies[name]),
    { names: classes },
  );
  return { summary, missing: nan_count + no_label_count, partial: answer.partial };
}

interface Statistics {
  readonly partial: boolean;
  readonly statistics: readonly {
    readonly column_name: string;
    readonly column_type: string;
    readonly column_statistics: {
      readonly frequencies: Readonly<Record<string, number>>;
      readonly nan_count?: number;
      readonly no_label_count?: number;
    };
  }[];
}

/** The wanted columns of the split's Parquet files, of which only the bytes of these columns are fetched. */
export async function openHubTable(
  { dataset, config, split }: HubSplit,
  wanted: ReadOptions,
): Promise<Table & { readonly partial: boolean }> {
  const answer = await ask<ParquetFiles>("parquet", { dataset, config, split });
  const files = answer.parquet_files.filter((file) => file.config === config && file.split === split);
  if (files.length === 0) throw new InputError(`${dataset} has no Parquet files for ${config}, ${split}`);
  const { asyncBufferFromUrl } = await import("hyparquet");
  const open = async (url: string) => {
    const file = await asyncBufferFromUrl({ url, requestInit: { headers: authorization(url) } }).catch(
      (error) => {
        throw new InputError(`cannot read ${url}: ${(error as Error).message}`);
      },
    );
    return parquetTable(url, file, wanted);
  };
  const table = await joinTables(
    files.map(({ url }) => url),
    open,
  );
  return { ...table, partial: answer.partial };
}

interface ParquetFiles {
  readonly partial: boolean;
  readonly parquet_files: readonly {
    readonly config: string;
    readonly split: string;
    readonly url: string;
  }[];
}

async function ask<Answer>(endpoint: string, query: Readonly<Record<string, string>>): Promise<Answer> {
  const url = `${server()}/${endpoint}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { headers: authorization(url) }).catch((error) => {
    throw new InputError(`cannot reach ${server()}: ${error.cause?.message || error.message}`);
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body as Answer;
  throw new InputError(
    `${query.dataset}: ${(body as { error?: string }).error ?? `the API answered ${response.status}`}`,
  );
}

/** A token for datasets that are not public goes to Hugging Face alone. */
function authorization(url: string): Record<string, string> {
  const token = process.env.HF_TOKEN;
  const isTheirs = /(^|\.)huggingface\.co$/.test(new URL(url).hostname);
  return token === undefined || !isTheirs ? {} : { authorization: `Bearer ${token}` };
}
