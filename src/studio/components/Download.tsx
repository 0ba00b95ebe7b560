import type { DroppedFile } from "../dropped.ts";
import { shortList } from "../format.ts";
import type { BiasSet, ChangedModel } from "../tasks/modelTask.ts";

/** A model whose biases were set: what changed, and the files to download. */
export function Download({ changed: { applied, files } }: { readonly changed: ChangedModel }) {
  return (
    <div class="done" aria-live="polite">
      {applied.map((one) => (
        <Applied key={one.tensor.name} {...one} />
      ))}
      <p class="note">The new file was read back; all other bytes are unchanged.</p>
      <p class="choices">
        {files.map((file) => (
          <button key={file.path} type="button" onClick={() => download(file)}>
            Download {fileName(file)}
          </button>
        ))}
      </p>
    </div>
  );
}

const Applied = ({ tensor, before, after, prediction, repeats, rounding, also }: BiasSet) => (
  <>
    <p>
      <strong>{tensor.name}</strong>, {tensor.type} [{tensor.shape.join(", ")}]:{" "}
      {before && `${shortList(before)} → `}
      {shortList(after)}
    </p>
    {prediction && <p>It predicts {shortList(prediction)}.</p>}
    {repeats > 1 && (
      <p>
        {after.length / repeats} values for each of {repeats} anchors.
      </p>
    )}
    {rounding > 0 && (
      <p class="note">
        Rounded to {tensor.type}, by at most {rounding.toExponential(1)}.
      </p>
    )}
    {also.length > 0 && <p>It also changes {also.join(", ")}, which shares this bias.</p>}
  </>
);

const fileName = ({ path }: DroppedFile) => path.slice(path.lastIndexOf("/") + 1);

function download(file: DroppedFile): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file.file);
  link.download = fileName(file);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
