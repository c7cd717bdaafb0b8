// What makes lists of a million rows quick: the tables' sizes, the orders that they are sorted by,
// and indexes of the parts of names. Of schema.cc alone.
#pragma once

#include <string_view>

namespace weir::admin {

// Counting a million rows would take longer than a page of them.
inline constexpr std::string_view kListIndexes = R"sql(
CREATE TABLE row_counts (table_name TEXT PRIMARY KEY, row_count BIGINT NOT NULL);
INSERT INTO row_counts (table_name, row_count) SELECT 'users', COUNT(*) FROM users;
INSERT INTO row_counts (table_name, row_count) SELECT 'api_keys', COUNT(*) FROM api_keys;
INSERT INTO row_counts (table_name, row_count) SELECT 'audit', COUNT(*) FROM audit;
CREATE INDEX users_created ON users (created_at_ms, id);
CREATE INDEX users_last_login ON users (last_login_at_ms, id);
CREATE INDEX users_username_order ON users (username, id);
CREATE INDEX users_email_order ON users (email, id);
CREATE INDEX users_status ON users (status, id);
CREATE INDEX users_role ON users (role, id);
CREATE INDEX api_keys_name ON api_keys (name, id);
CREATE INDEX api_keys_created ON api_keys (created_at_ms, id);
CREATE INDEX api_keys_expires ON api_keys (expires_at_ms, id);
CREATE INDEX api_keys_status ON api_keys (status, expires_at_ms, id);
DROP INDEX api_keys_group;
CREATE INDEX api_keys_group ON api_keys (group_id, created_at_ms, id);
CREATE INDEX api_keys_lifetime ON api_keys (id) WHERE limits LIKE '%_total":%';
)sql";

inline constexpr std::string_view kSqliteCounting = R"sql(
CREATE TRIGGER users_counted AFTER INSERT ON users BEGIN
  UPDATE row_counts SET row_count = row_count + 1 WHERE table_name = 'users'; END;
CREATE TRIGGER users_uncounted AFTER DELETE ON users BEGIN
  UPDATE row_counts SET row_count = row_count - 1 WHERE table_name = 'users'; END;
CREATE TRIGGER api_keys_counted AFTER INSERT ON api_keys BEGIN
  UPDATE row_counts SET row_count = row_count + 1 WHERE table_name = 'api_keys'; END;
CREATE TRIGGER api_keys_uncounted AFTER DELETE ON api_keys BEGIN
  UPDATE row_counts SET row_count = row_count - 1 WHERE table_name = 'api_keys'; END;
CREATE TRIGGER audit_counted AFTER INSERT ON audit BEGIN
  UPDATE row_counts SET row_count = row_count + 1 WHERE table_name = 'audit'; END;
CREATE TRIGGER audit_uncounted AFTER DELETE ON audit BEGIN
  UPDATE row_counts SET row_count = row_count - 1 WHERE table_name = 'audit'; END;
)sql";

// Once a statement, however many rows it has: the audit log is deleted by days.
inline constexpr std::string_view kPostgresCounting = R"sql(
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
  UPDATE row_counts
  SET row_count = row_count +
    (SELECT COUNT(*) FROM changed_rows) * CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
  WHERE table_name = TG_TABLE_NAME; RETURN NULL; END $body$;
CREATE TRIGGER users_counted AFTER INSERT ON users REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER users_uncounted AFTER DELETE ON users REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER api_keys_counted AFTER INSERT ON api_keys REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER api_keys_uncounted AFTER DELETE ON api_keys REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER audit_counted AFTER INSERT ON audit REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER audit_uncounted AFTER DELETE ON audit REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
)sql";

// All pieces of three characters of each name, so that a part of it is found; the texts themselves
// stay in the table.
inline constexpr std::string_view kSqliteNameIndex = R"sql(
CREATE VIRTUAL TABLE users_search USING fts5(username, name, email, content='users',
  content_rowid='id', tokenize='trigram');
INSERT INTO users_search (rowid, username, name, email) SELECT id, username, name, email FROM users;
CREATE TRIGGER users_found AFTER INSERT ON users BEGIN
  INSERT INTO users_search (rowid, username, name, email)
  VALUES (new.id, new.username, new.name, new.email); END;
CREATE TRIGGER users_lost AFTER DELETE ON users BEGIN
  INSERT INTO users_search (users_search, rowid, username, name, email)
  VALUES ('delete', old.id, old.username, old.name, old.email); END;
CREATE TRIGGER users_renamed AFTER UPDATE OF username, name, email ON users
  WHEN old.username <> new.username OR old.name <> new.name OR old.email <> new.email BEGIN
  INSERT INTO users_search (users_search, rowid, username, name, email)
  VALUES ('delete', old.id, old.username, old.name, old.email); INSERT INTO users_search
  (rowid, username, name, email) VALUES (new.id, new.username, new.name, new.email); END;
CREATE VIRTUAL TABLE api_keys_search USING fts5(name, content='api_keys', content_rowid='id',
  tokenize='trigram');
INSERT INTO api_keys_search (rowid, name) SELECT id, name FROM api_keys;
CREATE TRIGGER api_keys_found AFTER INSERT ON api_keys BEGIN
  INSERT INTO api_keys_search (rowid, name) VALUES (new.id, new.name); END;
CREATE TRIGGER api_keys_lost AFTER DELETE ON api_keys BEGIN
  INSERT INTO api_keys_search (api_keys_search, rowid, name)
  VALUES ('delete', old.id, old.name); END;
CREATE TRIGGER api_keys_renamed AFTER UPDATE OF name ON api_keys WHEN old.name <> new.name BEGIN
  INSERT INTO api_keys_search (api_keys_search, rowid, name)
  VALUES ('delete', old.id, old.name); INSERT INTO api_keys_search (rowid, name)
  VALUES (new.id, new.name); END;
)sql";

// What PostgreSQL searches for parts (name_pieces.h), and the index of before, which was of words.
struct PiecesIndex {
  std::string_view table;
  std::string_view column;
  std::string_view former;
};
inline constexpr PiecesIndex kPostgresPieces[] = {{"users", "username", "users_username_parts"},
                                                  {"users", "name", "users_name_parts"},
                                                  {"users", "email", "users_email_parts"},
                                                  {"api_keys", "name", "api_keys_name_parts"}};

}  // namespace weir::admin
