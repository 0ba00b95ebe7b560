import { signal } from "@preact/signals";
import { Download } from "../components/Download.tsx";
import { FileDrop } from "../components/FileDrop.tsx";
import { Problem } from "../components/Problem.tsx";
import type { Dropped } from "../dropped.ts";
import { grouped, shortList } from "../format.ts";
import { solvedBias } from "../state.ts";
import type { ChangedModel, ModelFacts, ModelRequest, ModelResult, OutputFacts } from "../tasks/modelTask.ts";
import { runTask } from "../tasks/runTask.ts";

const dropped = signal<Dropped | undefined>(undefined);
const model = signal<ModelFacts | undefined>(undefined);
const changed = signal<ChangedModel | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const isBusy = signal(false);
/** The outputs whose bias is set in the changed file, and to what. */
const chosen = signal<ReadonlyMap<OutputFacts, readonly number[]>>(new Map());

/** A model in a worker: the HDF5 library and the readers of formats are loaded there. */
async function ask(request: ModelRequest): Promise<ModelResult | undefined> {
  isBusy.value = true;
  problem.value = undefined;
  try {
    const worker = new Worker(new URL("../tasks/modelTask.ts", import.meta.url), { type: "module" });
    return await runTask<ModelRequest, ModelResult>(worker, request);
  } catch (error) {
    problem.value = (error as Error).message;
  } finally {
    isBusy.value = false;
  }
}

async function open(files: Dropped): Promise<void> {
  dropped.value = files;
  model.value = undefined;
  changed.value = undefined;
  chosen.value = new Map();
  model.value = (await ask({ dropped: files, changes: [] }))?.model;
}

/** Sets the bias of an output beside those that are set already, or with no values leaves it as it was. */
async function setBias(output: OutputFacts, values?: readonly number[]): Promise<void> {
  const others = [...chosen.value].filter(([other]) => other !== output);
  const next = new Map(values ? [...others, [output, values]] : others);
  const changes = [...next].map(([{ name }, values]) => ({ output: name, values }));
  const addBias = [...next.keys()].some(({ tensor, canAdd }) => tensor === undefined && canAdd);
  const result = await ask({ dropped: dropped.value!, changes, addBias });
  if (result === undefined) return;
  chosen.value = next;
  changed.value = result.changed;
}

/** The user's model file: its outputs and their bias, and the bias of the labels above written into it. */
export function Section() {
  return (
    <>
      <p>
        See which bias your model file starts from and what it predicts, and download the file with the bias
        of the labels above. Only the bias changes; every other byte stays as it is. Of a model with several
        outputs, set one, change the labels, and set the next: the file holds all of them.
      </p>
      <FileDrop id="model-file" folder current={dropped.value?.name} onFiles={open}>
        Drop a model: Keras (.keras, .h5), ONNX, PyTorch (.pt, .pth, .bin), safetensors, Flax (.msgpack),
        TensorFlow.js (model.json with its shards), .npz, or the folder of a Hugging Face model or a
        SavedModel.
      </FileDrop>
      {isBusy.value && <p class="note">Reading…</p>}
      <Problem message={problem.value} />
      {model.value && <ModelView model={model.value} />}
      {changed.value && <Download changed={changed.value} />}
    </>
  );
}

/** Candidates beyond these are only counted. */
const listed = 20;

function ModelView({ model }: { readonly model: ModelFacts }) {
  const { format, bytes, outputs, candidates, reason, trainedWith } = model;
  const more = candidates.length - listed;
  return (
    <>
      <p>
        <strong>{format}</strong>, {grouped(bytes)} bytes
        {trainedWith?.loss && `, trained with ${trainedWith.loss}`}
      </p>
      {outputs.length === 0 && <p>No output is described: {reason}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div class="wide" tabIndex={0}>
        <table class="outputs">
          <thead>
            <tr>
              <th scope="col">Output</th>
              <th scope="col" class="text">
                Layer
              </th>
              <th scope="col" class="text">
                Bias
              </th>
              <th scope="col" class="text">
                Predicts
              </th>
              <th scope="col">
                <span class="hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {[...outputs, ...candidates.slice(0, listed)].map((output) => (
              <OutputRow key={output.name} output={output} />
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p class="note">and {grouped(more)} more; baserate inspect --json lists all of them</p>}
    </>
  );
}

function OutputRow({ output }: { readonly output: OutputFacts }) {
  const { name, layer, units, convolution, activation, tensor, bias, reason, fixed, canAdd } = output;
  const solved = solvedBias.value;
  const size =
    units === undefined
      ? ""
      : `, ${grouped(units)} ${convolution ? "channel" : "unit"}${units === 1 ? "" : "s"}`;
  const canSet = fixed === undefined && (tensor !== undefined || canAdd);
  const isSet = chosen.value.has(output);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="text">
        {layer}
        {size}
        {activation && activation.toLowerCase() !== "linear" ? `, then ${activation}` : ""}
      </td>
      <td class="text">
        {bias ? shortList(bias) : (reason ?? tensor?.name)}
        {fixed && ` (${fixed})`}
      </td>
      <td class="text">{output.prediction ? shortList(output.prediction) : ""}</td>
      <td>
        <div class="choices">
          {canSet && solved && (
            <button type="button" disabled={isBusy.value} onClick={() => setBias(output, solved.bias)}>
              {isSet ? "Set it again" : tensor ? "Set the bias" : "Add the bias"}
            </button>
          )}
          {isSet && (
            <button type="button" class="quiet" disabled={isBusy.value} onClick={() => setBias(output)}>
              Leave as it was
            </button>
          )}
        </div>
      </td>
    </tr>
  );
}
