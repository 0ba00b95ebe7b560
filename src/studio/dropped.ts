/** A file as it was dropped or chosen. It stays on disk: whoever reads it reads slices. */
export interface DroppedFile {
  /** Path from the dropped folder, with `/` between; the file's name where it was dropped alone. */
  readonly path: string;
  readonly file: Blob;
}

/** Files, and the folder that they were dropped as. */
export interface Dropped {
  /** Name of the folder, or of the first file. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly files: readonly DroppedFile[];
}

/** What was chosen in a file dialog; undefined where nothing was. */
export function chosen(list: FileList): Dropped | undefined {
  const [first] = list;
  if (first === undefined) return undefined;
  const isFolder = first.webkitRelativePath !== "";
  const name = isFolder ? first.webkitRelativePath.split("/")[0] : first.name;
  const path = (file: File) => (isFolder ? file.webkitRelativePath.slice(name.length + 1) : file.name);
  return { name, isFolder, files: [...list].map((file) => ({ path: path(file), file })) };
}

/** What was dropped: some files, or one folder with all files below. */
export async function droppedIn(data: DataTransfer): Promise<Dropped | undefined> {
  const [entry] = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entry === undefined || entry.isFile) return chosen(data.files);
  const files: DroppedFile[] = [];
  await collect(entry as FileSystemDirectoryEntry, "", files);
  return { name: entry.name, isFolder: true, files };
}

async function collect(
  folder: FileSystemDirectoryEntry,
  prefix: string,
  files: DroppedFile[],
): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return;
    for (const entry of entries) {
      const path = prefix + entry.name;
      if (entry.isDirectory) await collect(entry as FileSystemDirectoryEntry, `${path}/`, files);
      else {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        );
        files.push({ path, file });
      }
    }
  }
}

/** Whether an ONNX model was dropped, alone or with the files that hold its tensors. */
export const isOnnx = ({ files }: Dropped): boolean => files.some(({ path }) => path.endsWith(".onnx"));
