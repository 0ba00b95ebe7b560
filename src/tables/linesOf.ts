/** Lines of UTF-8 text that are not blank, with their numbers from 1. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly text: string; readonly number: number }> {
  const decoder = new TextDecoder();
  let rest = "";
  let number = 0;
  for await (const part of bytes) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const text of lines) {
      number++;
      if (text.trim() !== "") yield { text, number };
    }
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield { text: rest, number: number + 1 };
}
