CREATE FUNCTION governance_queue_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_queue (seq) SELECT seq FROM arrived;
  RETURN NULL;
END $$

CREATE TRIGGER governance_queue AFTER INSERT ON event
  REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION governance_queue_events()

CREATE FUNCTION governance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON vote
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_node
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()

CREATE TRIGGER governance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse_change()
