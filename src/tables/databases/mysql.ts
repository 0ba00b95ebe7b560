import { loadOptional } from "../../optionalPackage.ts";
import type { DatabaseSession } from "./session.ts";

/** A read-only session of MySQL or MariaDB. Without a password in the address, that of MYSQL_PWD. */
export async function connectMysql(address: string): Promise<DatabaseSession> {
  const { createConnection } = await loadOptional("MySQL", ["mysql2"], () => import("mysql2/promise"));
  const { MYSQL_PWD } = process.env;
  const password = new URL(address).password === "" && MYSQL_PWD !== undefined ? { password: MYSQL_PWD } : {};
  const connection = await createConnection({
    uri: address,
    ...password,
    rowsAsArray: true,
    multipleStatements: false,
    connectTimeout: 10_000,
  });
  await connection.query("SET SESSION TRANSACTION READ ONLY");
  return {
    async query(text) {
      // As a prepared statement, whose floats come in binary: mysql2 reads those in text to 16 digits only.
      const [rows, fields] = await connection.execute(text);
      return { columns: fields.map(({ name }) => name), rows: rows as unknown[][] };
    },
    close: () => connection.end(),
  };
}
