import { useRef, useState } from "preact/hooks";
import { chosen, type Dropped, droppedIn } from "../dropped.ts";

interface Props {
  readonly id: string;
  /** What can be dropped, as a sentence. */
  readonly children: string;
  /** Whether a folder makes sense as well. */
  readonly folder?: boolean;
  /** What is there now. */
  readonly current?: string;
  onFiles(dropped: Dropped): void;
}

/** A place to drop files on, with buttons for those who do not drag. */
export function FileDrop({ id, children, folder = false, current, onFiles }: Props) {
  const [isOver, setOver] = useState(false);
  const take = (dropped: Dropped | undefined) => dropped && onFiles(dropped);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside do the same by keyboard
    <div
      class={isOver ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={async (event) => {
        event.preventDefault();
        setOver(false);
        take(await droppedIn(event.dataTransfer!));
      }}
    >
      <p>{children}</p>
      <p class="choices">
        <Chooser id={id} onFiles={take}>
          Choose a file
        </Chooser>
        {folder && (
          <Chooser id={`${id}-folder`} folder onFiles={take}>
            Choose a folder
          </Chooser>
        )}
        {current && <strong>{current}</strong>}
      </p>
    </div>
  );
}

interface ChooserProps {
  readonly id: string;
  readonly folder?: boolean;
  readonly children: string;
  onFiles(dropped: Dropped | undefined): void;
}

function Chooser({ id, folder = false, children, onFiles }: ChooserProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="quiet" onClick={() => input.current!.click()}>
        {children}
      </button>
      <input
        ref={input}
        id={id}
        type="file"
        hidden
        multiple={!folder}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          onFiles(chosen(currentTarget.files!));
          currentTarget.value = "";
        }}
      />
    </>
  );
}
