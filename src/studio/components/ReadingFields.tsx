import type { ComponentChildren } from "preact";
import { readings } from "../../tables/labelChoices.ts";
import { tableFormats } from "../../tables/table.ts";
import type { LabelReading } from "../labelReading.ts";
import { Choice, TextField } from "./fields.tsx";

interface Props {
  readonly fields: LabelReading;
  /** An error: where it names a flag of these fields, they are shown. */
  readonly problem: string | undefined;
  /** Further fields. */
  readonly children?: ComponentChildren;
}

const flags = /--(as|classes|encoding|format|header|ignore-index|missing|no-header)\b/;

/** How a file of labels is read and understood, where that is not plain. Errors call these fields by their flags. */
export function ReadingFields({ fields, problem = "", children }: Props) {
  return (
    <details open={flags.test(problem)}>
      <summary>How the labels are read</summary>
      <div class="settings">
        <TextField label="Number of classes, or their names" flag="--classes" value={fields.classes} />
        <Choice
          label="Labels are"
          flag="--as"
          value={fields.as}
          choices={["", ...readings]}
          empty="detected"
        />
        <Choice
          label="Missing labels"
          flag="--missing"
          value={fields.missing}
          choices={["", "skip"]}
          empty="refuse"
        />
        <TextField label="Label of rows to leave out" flag="--ignore-index" value={fields.ignoreIndex} />
        <Choice
          label="First row names the columns"
          flag="--header"
          value={fields.header}
          choices={["", "yes", "no"]}
          empty="if it looks like names"
        />
        <TextField label="Encoding of the text" flag="--encoding" value={fields.encoding} />
        <Choice
          label="Format of the file"
          flag="--format"
          value={fields.format}
          choices={["", ...tableFormats]}
          empty="detected from its name"
        />
        {children}
      </div>
    </details>
  );
}
