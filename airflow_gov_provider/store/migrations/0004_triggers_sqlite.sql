CREATE TRIGGER governance_guard_event_witness_update BEFORE UPDATE ON event_witness
BEGIN
  SELECT RAISE(ABORT, 'rows of event_witness are never changed or deleted');
END

CREATE TRIGGER governance_guard_event_witness_delete BEFORE DELETE ON event_witness
BEGIN
  SELECT RAISE(ABORT, 'rows of event_witness are never changed or deleted');
END
