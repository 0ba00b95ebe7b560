/** A connection that can only read. */
export interface DatabaseSession {
  /** Runs one statement; more than one is refused. Cells are what the driver makes of them. */
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

export interface QueryResult {
  readonly columns: readonly string[];
  /** Row by row. */
  readonly rows: readonly (readonly unknown[])[];
}
