import { InputError } from "../../errors.ts";

/** Whether a text is the address of a database, and not the path of a file. One letter is a drive of Windows. */
export const isDatabaseAddress = (text: string): boolean =>
  /^[a-z]{2,}:\/\//i.test(text) || /^(duckdb|sqlite):/.test(text);

/** An address as it may be printed: without user, password and parameters. */
export function shownAddress(address: string): string {
  if (/^(duckdb|sqlite):/.test(address)) return address;
  const { protocol, host, pathname } = new URL(checkedAddress(address));
  return `${protocol}//${host}${pathname}`;
}

/** Throws InputError for an address that no driver could read; the message does not show it. */
export function checkedAddress(address: string): string {
  try {
    new URL(address);
    return address;
  } catch {
    throw new InputError(
      `invalid address of a database (it begins with ${address.slice(0, address.indexOf(":"))}:); one is postgres://user@host:port/database, and special characters of a password are written as %40`,
    );
  }
}

/** Whether an address holds a password. Throws InputError for one that no driver could read. */
export function passwordIn(address: string): boolean {
  if (/^(duckdb|sqlite):/.test(address)) return false;
  const { password, searchParams } = new URL(checkedAddress(address));
  return password !== "" || [...searchParams.keys()].some((name) => /pass|pwd|secret|token/i.test(name));
}

/** A driver's message without the password, should it quote the address. */
export function withoutSecrets(message: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const { PGPASSWORD, MYSQL_PWD, CLICKHOUSE_PASSWORD } = process.env;
  const passwords = [
    url?.password,
    PGPASSWORD,
    MYSQL_PWD,
    CLICKHOUSE_PASSWORD,
    ...(url?.searchParams.values() ?? []),
  ];
  const secrets = passwords.flatMap((password) => (password ? [password, decodeURIComponent(password)] : []));
  return secrets.reduce((text, secret) => text.replaceAll(secret, "***"), message);
}
