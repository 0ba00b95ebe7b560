export interface CheckDataFlags {
  readonly data?: string;
  readonly labels?: string;
  readonly classes?: number | readonly string[];
  /** Rows to take, at most. */
  readonly rows: number;
  readonly imageScale?: number;
  readonly resize?: boolean;
}
