import { InputError } from "../errors.ts";
import type { Patch } from "../files/patch.ts";
import type { MessagePlace } from "./onnxSkim.ts";
import { encodeVarint } from "./protobufWire.ts";

/** A patch that changes a message's size. */
export interface MessageEdit extends Patch {
  /** The innermost message that the change is in. */
  readonly within: MessagePlace;
}

/** A protobuf message must stay below 2 GiB. */
const maxBytes = 2 ** 31 - 1;

/** The patches, and with them the lengths of all messages that grow or shrink by those that are edits. */
export function withLengths(file: string, edits: readonly (Patch | MessageEdit)[]): Patch[] {
  const growth = new Map<MessagePlace, number>();
  const grow = (place: MessagePlace | undefined, bytes: number) => {
    for (let at = place; at; at = at.parent) growth.set(at, (growth.get(at) ?? 0) + bytes);
  };
  for (const edit of edits) if ("within" in edit) grow(edit.within, edit.bytes.length - edit.remove);
  const patches = edits.map(({ offset, remove, bytes }) => ({ file, offset, remove, bytes }));
  // From the inside out, because a longer length makes the messages around it longer too.
  const inner = [...growth.keys()].sort((a, b) => depth(b) - depth(a));
  for (const place of inner) {
    const length = place.end - place.start + growth.get(place)!;
    if (length > maxBytes) {
      throw new InputError(
        `${file}: the changed model would have ${length} bytes; an ONNX file must be smaller than 2 GiB; save it with external data first`,
      );
    }
    if (!place.parent || growth.get(place) === 0) continue;
    const bytes = encodeVarint(length);
    const remove = place.start - place.afterTag;
    patches.push({ file, offset: place.afterTag, remove, bytes });
    grow(place.parent, bytes.length - remove);
  }
  return patches.sort((a, b) => a.offset - b.offset);
}

function depth(place: MessagePlace): number {
  return place.parent ? 1 + depth(place.parent) : 0;
}
