/** How a column's entries are to be understood, where that is not plain: class indices, class names, or real numbers. */
export const readings = ["classes", "names", "numbers"] as const;
export type Reading = (typeof readings)[number];

/** What the user says about labels where they can be understood in more than one way. */
export interface LabelChoices {
  readonly as?: Reading;
  /** Number of classes, or their names in the order of the outputs. */
  readonly classes?: number | readonly string[];
  /** Label of rows to leave out. */
  readonly ignoreIndex?: string;
  /** Missing labels are refused, or their rows skipped (of several yes/no labels, only the missing ones). */
  readonly missing?: "refuse" | "skip";
  /** Whether the last column of the table holds sample weights. */
  readonly weighted?: boolean;
  /** Whether the last column of the table holds how many labels each row stands for. */
  readonly counted?: boolean;
  /** Whether the columns' names are known to be names, and not perhaps the first row of labels. */
  readonly namesAreSure?: boolean;
  /** Whether whole numbers are known to be class indices, as where a network's outputs say how many classes there are. */
  readonly indicesAreSure?: boolean;
  /** Whether a row of several yes/no labels is skipped as a whole where one of them is missing. */
  readonly wholeRows?: boolean;
  /** Whether an array of labels has one at each place of an input (pixel, token), whatever its shape. */
  readonly atPlaces?: boolean;
}
