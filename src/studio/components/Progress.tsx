import { grouped } from "../format.ts";

interface Props {
  /** Undefined where nothing is being done. */
  readonly state: { readonly done: number; readonly total: number } | undefined;
  /** What is being done: `Reading the file`. */
  readonly label: string;
  onCancel(): void;
}

/** How far a task is, with a button that ends it. */
export function Progress({ state, label, onCancel }: Props) {
  if (state === undefined) return null;
  const { done, total } = state;
  return (
    <p class="choices">
      <progress {...(total > 0 && { max: total, value: done })} aria-label={label} />
      <span>
        {label}
        {total > 0 ? `: ${grouped(done)} of ${grouped(total)}` : "…"}
      </span>
      <button type="button" class="quiet" onClick={onCancel}>
        Cancel
      </button>
    </p>
  );
}
