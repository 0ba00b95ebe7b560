/** An error at the place that it belongs to: the same sentence that the command line prints. */
export function Problem({ message }: { readonly message: string | undefined }) {
  return message === undefined ? null : (
    <p class="problem" role="alert">
      {message}
    </p>
  );
}
