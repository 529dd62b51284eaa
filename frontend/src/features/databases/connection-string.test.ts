import { describe, expect, it } from "vitest";
import { parseConnectionString } from "./connection-string";

const parsed = (text: string) => {
  const result = parseConnectionString(text);
  if (!result.ok) throw new Error(result.message);
  return result.value;
};

describe("parseConnectionString", () => {
  it("reads every part", () => {
    expect(parsed("postgresql://app:s3cret@db.example:5433/shop?sslmode=verify-full")).toEqual({
      type: "postgresql",
      host: "db.example",
      port: 5433,
      databaseName: "shop",
      username: "app",
      password: "s3cret",
      tlsMode: "verify-full",
    });
  });

  it("takes the short scheme, the usual port and no TLS wish", () => {
    expect(parsed(" 'postgres://app@db/shop' ")).toMatchObject({
      host: "db",
      port: 5432,
      password: "",
      tlsMode: null,
    });
  });

  it("keeps odd passwords: escaped, unescaped @, and a stray %", () => {
    expect(parsed("postgresql://u:p%40ss@h/d").password).toBe("p@ss");
    expect(parsed("postgresql://u:p@ss@h/d")).toMatchObject({ password: "p@ss", host: "h" });
    expect(parsed("postgresql://u:100%@h/d").password).toBe("100%");
  });

  it("reads IPv6 hosts", () => {
    expect(parsed("postgresql://u@[::1]:5555/d")).toMatchObject({ host: "::1", port: 5555 });
    expect(parsed("postgresql://u@[::1]/d")).toMatchObject({ host: "::1", port: 5432 });
  });

  it("takes what stands in the query, and names the database after the user without a name", () => {
    expect(parsed("postgresql:///?host=db&user=app&password=x&dbname=shop&sslmode=allow")).toMatchObject({
      host: "db",
      username: "app",
      password: "x",
      databaseName: "shop",
      tlsMode: "prefer",
    });
    expect(parsed("postgresql://app@db").databaseName).toBe("app");
  });

  it.each([
    ["mysql://app:x@db/shop", { type: "mysql", port: 3306, databaseName: "shop", tlsMode: null }],
    [
      "mariadb://app:x@db:3307/shop?ssl-mode=VERIFY_IDENTITY",
      { type: "mariadb", port: 3307, tlsMode: "verify-full" },
    ],
    ["mysql+pymysql://app@db?sslMode=REQUIRED", { type: "mysql", databaseName: "", tlsMode: "require" }],
    ["postgresql+asyncpg://app@db/shop", { type: "postgresql", port: 5432 }],
  ])("reads %s", (text, expected) => {
    expect(parsed(text)).toMatchObject(expected);
  });

  it.each([
    ["sqlite:///shop.db", /starts with postgresql.*mysql.*mariadb/],
    ["postgresql:///shop", /names no host/],
    ["postgresql://u@a,b/d", /one host/],
    ["postgresql://u@h:99999/d", /is not a port/],
  ])("refuses %s", (text, message) => {
    const result = parseConnectionString(text);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.message).toMatch(message);
  });
});
