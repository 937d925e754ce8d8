-- Who may come in. Owner: src/api/auth_table.cpp, whose steps a test compares with this page. HA1 values of tokens, which RTSP's Digest needs, are in
-- the sealed store under api/ha1/<id>.
--
-- api_sessions  browsers that signed in
--   id             SHA-256 of the cookie, hex: the cookie itself is stored nowhere
--   user           name of the administrator
--   csrf           what X-Casement-CSRF must say
--   created_us     UTC microseconds since 1970
--   used_us        the same, within an hour; 30 days later the session is over
-- api_tokens    programs
--   id             12 characters of hex
--   name           chosen by a person; the user name of Digest
--   hash           SHA-256 of the token, hex
--   created_us     UTC microseconds since 1970
--   used_us        the same, within an hour; NULL = never
-- api_users     one row once the hub is claimed
--   name           of the administrator
--   password_hash  Argon2id, libsodium's text form
--   changed_us     UTC microseconds since 1970
CREATE TABLE api_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    used_us INTEGER NOT NULL
);
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    created_us INTEGER NOT NULL,
    used_us INTEGER
);
CREATE TABLE api_users (
    name TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL,
    changed_us INTEGER NOT NULL
);
