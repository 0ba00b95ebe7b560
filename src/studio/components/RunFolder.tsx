import { computed, signal } from "@preact/signals";
import { initialLoss } from "../../plot/figures/initialLoss.ts";
import { lossCurves } from "../../plot/figures/lossCurves.ts";
import type { Dropped } from "../dropped.ts";
import type { RunReport } from "../tasks/runReportTask.ts";
import { runTask } from "../tasks/runTask.ts";
import { Figure } from "./Figure.tsx";
import { FileDrop } from "./FileDrop.tsx";
import { Choice } from "./fields.tsx";
import { Problem } from "./Problem.tsx";

const current = signal<string | undefined>(undefined);
const reports = signal<readonly RunReport[]>([]);
const problem = signal<string | undefined>(undefined);
/** Place of the setting that is looked at. */
const setting = signal("0");
const shown = computed(() => reports.value[Number(setting.value)]);

let reading: AbortController | undefined;

async function read(dropped: Dropped): Promise<void> {
  reading?.abort();
  const own = new AbortController();
  reading = own;
  [current.value, reports.value, problem.value, setting.value] = [dropped.name, [], undefined, "0"];
  const worker = new Worker(new URL("../tasks/runReportTask.ts", import.meta.url), { type: "module" });
  try {
    reports.value = await runTask<Dropped, RunReport[]>(worker, dropped, { signal: own.signal });
  } catch (error) {
    if (!own.signal.aborted) problem.value = (error as Error).message;
  }
}

/** The folder of a run that was made on the command line, looked at: its figures, and its report's tables. */
export function RunFolder() {
  return (
    <section aria-labelledby="run-folder-title">
      <h3 id="run-folder-title">A run of the command line</h3>
      <FileDrop id="run-folder" folder current={current.value} onFiles={read}>
        Drop the folder of a run, as baserate compare or reproduce writes it, or its trials.jsonl.
      </FileDrop>
      <Problem message={problem.value} />
      {reports.value.length > 1 && (
        <Choice
          label="Setting"
          value={setting}
          choices={reports.value.map((_, i) => String(i))}
          names={Object.fromEntries(reports.value.map(({ name }, i) => [i, name]))}
        />
      )}
      {shown.value && <Report {...shown.value} />}
    </section>
  );
}

const Report = ({ trials, lossUnit, initialLosses, results, comparisons }: RunReport) => (
  <div id="run-report">
    <Table html={initialLosses} />
    <Figure figure={initialLoss} data={trials} options={{ lossUnit }} height={200} />
    <Figure figure={lossCurves} data={trials} options={{ lossUnit }} height={400} />
    <Table html={results} />
    {comparisons.map(({ title, table, stepsSaved }) => (
      <div key={title}>
        <h4>{title}</h4>
        <Table html={table} />
        <p>Steps saved: {stepsSaved}</p>
      </div>
    ))}
  </div>
);

/** A table of the reports; what comes from files is escaped where it is made (src/report/html.ts). */
const Table = ({ html }: { readonly html: string }) => <div dangerouslySetInnerHTML={{ __html: html }} />;
